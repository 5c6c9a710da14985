import type { DialectName } from '../../canonical/dialect-name.ts'
import type { PathAsk } from '../../dialects/dialect.ts'
import { DIALECTS } from '../../dialects/registry.ts'
import { GatewayError } from '../../errors/gateway-error.ts'

/** The address of a model call. */
export interface ModelPath {
  readonly dialect: DialectName
  /** What the address says of the call; null in formats that leave it to the body. */
  readonly asked: PathAsk | null
}

const BODY_SAYS: Readonly<Record<string, DialectName>> = {
  '/v1/chat/completions': 'openai-chat',
  '/v1/responses': 'openai-responses',
  '/v1/messages': 'anthropic-messages',
  '/v1/embeddings': 'openai-embeddings',
}

/** Gemini's addresses name the model, which may have slashes, and the method after a colon. */
const GEMINI =
  /^\/v1(?:beta|alpha)?\/(?:models|tunedModels)\/(?<model>.+):(?<method>generateContent|streamGenerateContent)$/

/** The model calls there are, as OpenAPI writes addresses. */
export const MODEL_PATHS: readonly string[] = [
  ...Object.keys(BODY_SAYS),
  '/v1beta/models/{model}:generateContent',
  '/v1beta/models/{model}:streamGenerateContent',
].filter((path) => modelPath(path) !== null)

/** What the path of a model call says; null for every other path. Throws GatewayError `invalid_request` for a name that cannot be read. */
export function modelPath(path: string): ModelPath | null {
  const dialect = dialectOfPath(path)
  if (dialect === null || !DIALECTS.has(dialect)) return null
  if (dialect !== 'google-generate-content') return { dialect, asked: null }
  const { model = '', method } = GEMINI.exec(path)?.groups ?? {}
  return { dialect, asked: { model: modelNameIn(model), stream: method === 'streamGenerateContent' } }
}

/** The format that callers of a path speak; null for paths of no format. */
export function dialectOfPath(path: string): DialectName | null {
  if (Object.hasOwn(BODY_SAYS, path)) return BODY_SAYS[path] ?? null
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
