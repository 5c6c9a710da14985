import type { DialectName } from '../../canonical/dialect-name.ts'
import type { PathAsk } from '../../dialects/dialect.ts'
import { GatewayError } from '../../errors/gateway-error.ts'

/** The address of a model call. */
export interface ModelPath {
  readonly dialect: DialectName
  /** What the address says of the call; null in formats that leave it to the body. */
  readonly asked: PathAsk | null
  /** Whether the prompt is only to be counted. */
  readonly counts: boolean
}

const BODY_SAYS: Readonly<Record<string, DialectName>> = {
  '/v1/chat/completions': 'openai-chat',
  '/v1/responses': 'openai-responses',
  '/v1/messages': 'anthropic-messages',
  '/v1/embeddings': 'openai-embeddings',
}

const COUNTS: Readonly<Record<string, DialectName>> = { '/v1/messages/count_tokens': 'anthropic-messages' }

/** Gemini's addresses name the model, which may have slashes, and the method after a colon. */
const GEMINI =
  /^\/v1(?:beta|alpha)?\/(?:models|tunedModels)\/(?<model>.+):(?<method>generateContent|streamGenerateContent|countTokens)$/

/** The addresses of model calls and counts, as OpenAPI writes addresses. */
export const MODEL_PATHS: readonly string[] = [
  ...Object.keys(BODY_SAYS),
  ...Object.keys(COUNTS),
  '/v1beta/models/{model}:generateContent',
  '/v1beta/models/{model}:streamGenerateContent',
  '/v1beta/models/{model}:countTokens',
]

/** What the path of a model call says; null for every other path. Throws GatewayError `invalid_request` for a name that cannot be read. */
export function modelPath(path: string): ModelPath | null {
  const dialect = dialectOfPath(path)
  if (dialect === null) return null
  if (dialect !== 'google-generate-content') return { dialect, asked: null, counts: Object.hasOwn(COUNTS, path) }
  const { model = '', method } = GEMINI.exec(path)?.groups ?? {}
  return {
    dialect,
    asked: { model: modelNameIn(model), stream: method === 'streamGenerateContent' },
    counts: method === 'countTokens',
  }
}

/** The format that callers of a path speak; null for paths of no format. */
export function dialectOfPath(path: string): DialectName | null {
  const named = { ...BODY_SAYS, ...COUNTS }
  if (Object.hasOwn(named, path)) return named[path] ?? null
  return GEMINI.test(path) ? 'google-generate-content' : null
}

/** A model's name as it stands in an address. Throws GatewayError `invalid_request`. */
export function modelNameIn(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    throw new GatewayError('invalid_request', 'The model in the address is not well-formed percent-encoding.', {
      param: 'model',
    })
  }
}
