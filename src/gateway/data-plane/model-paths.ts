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

/** The addresses that say what is spoken, and leave the model to the body. */
const FIXED: ReadonlyMap<string, ModelPath> = new Map([
  ['/v1/chat/completions', { dialect: 'openai-chat', asked: null, counts: false }],
  ['/v1/responses', { dialect: 'openai-responses', asked: null, counts: false }],
  ['/v1/messages', { dialect: 'anthropic-messages', asked: null, counts: false }],
  ['/v1/embeddings', { dialect: 'openai-embeddings', asked: null, counts: false }],
  ['/v1/messages/count_tokens', { dialect: 'anthropic-messages', asked: null, counts: true }],
])

/** Gemini's addresses name the model, which may have slashes, and the method after a colon. */
const GEMINI =
  /^\/v1(?:beta|alpha)?\/(?:models|tunedModels)\/(?<model>.+):(?<method>generateContent|streamGenerateContent|countTokens)$/

/** The addresses of model calls and counts, as OpenAPI writes addresses. */
export const MODEL_PATHS: readonly string[] = [
  ...FIXED.keys(),
  '/v1beta/models/{model}:generateContent',
  '/v1beta/models/{model}:streamGenerateContent',
  '/v1beta/models/{model}:countTokens',
]

/** What the path of a model call says; null for every other path. Throws GatewayError `invalid_request` for a name that cannot be read. */
export function modelPath(path: string): ModelPath | null {
  const fixed = FIXED.get(path)
  if (fixed) return fixed
  const named = GEMINI.exec(path)?.groups
  if (!named) return null
  const { model = '', method } = named
  return {
    dialect: 'google-generate-content',
    asked: { model: modelNameIn(model), stream: method === 'streamGenerateContent' },
    counts: method === 'countTokens',
  }
}

/** The format that callers of a path speak; null for paths of no format. */
export function dialectOfPath(path: string): DialectName | null {
  return FIXED.get(path)?.dialect ?? (GEMINI.test(path) ? 'google-generate-content' : null)
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
