import type { Capability } from '../canonical/capability.ts'
import { lacksOf } from './capabilities.ts'
import type { Deployment, Endpoint, ModelPrice } from './deployment.ts'

/** What is known of one model at one endpoint; null is unknown. */
export interface DeploymentSettings {
  readonly price: ModelPrice | null
  /** The longest prompt plus answer, in tokens. */
  readonly contextTokens: number | null
  /** The longest answer, in tokens. */
  readonly maxOutputTokens: number | null
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
    dialects: typeof endpoint.dialects === 'function' ? endpoint.dialects(model) : endpoint.dialects,
    price: settings.price,
    contextTokens: settings.contextTokens,
    maxOutputTokens: settings.maxOutputTokens,
    lacks: settings.lacks ?? lacksOf(model, endpoint.type),
    quality: settings.quality,
  }
}
