import type { Capability } from '../canonical/capability.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { OpenAiApi } from '../config/sections/providers.ts'
import { lacksOf } from './capabilities.ts'
import type { Deployment, Endpoint, ModelPrice } from './deployment.ts'
import { isResponsesOnly } from './responses-only.ts'

/** What is known of one model at one endpoint; null is unknown. */
export interface DeploymentSettings {
  readonly price: ModelPrice | null
  /** The longest prompt plus answer, in tokens. */
  readonly contextTokens: number | null
  /** The longest answer, in tokens. */
  readonly maxOutputTokens: number | null
  /** Which of OpenAI's two APIs it is called in, whatever the caller's. Default: as the endpoint's formats say, but for models known to have only one. */
  readonly api?: OpenAiApi | null
  /** What the model cannot do. Default: what is known of it by its name and its provider. */
  readonly lacks?: readonly Capability[] | null
  /** 1 to 5 as the operator rates it. */
  readonly quality: number | null
}

/** One model at one endpoint; its id is `provider/model`, where the model's own name may hold slashes. */
export function buildDeployment(endpoint: Endpoint, model: string, settings: DeploymentSettings): Deployment {
  return {
    id: `${endpoint.provider}/${model}`,
    endpoint,
    model,
    dialects: calledIn(
      typeof endpoint.dialects === 'function' ? endpoint.dialects(model) : endpoint.dialects,
      settings.api ?? (isResponsesOnly(model, endpoint.type) ? 'responses' : null),
    ),
    price: settings.price,
    contextTokens: settings.contextTokens,
    maxOutputTokens: settings.maxOutputTokens,
    lacks: settings.lacks ?? lacksOf(model, endpoint.type),
    quality: settings.quality,
  }
}

const DIALECT_OF_API: Readonly<Record<OpenAiApi, DialectName>> = { chat: 'openai-chat', responses: 'openai-responses' }

/**
 * The formats with the one of OpenAI's two that the operator chose, and without the other: a model that is written down as one of Responses may not exist in
 * Chat Completions.
 */
function calledIn(dialects: readonly DialectName[], api: OpenAiApi | null): readonly DialectName[] {
  if (!api) return dialects
  const others = dialects.filter((dialect) => dialect !== 'openai-chat' && dialect !== 'openai-responses')
  return [DIALECT_OF_API[api], ...others]
}
