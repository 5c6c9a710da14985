import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget, PathAsk } from '../dialect.ts'
import { refuseForeignFiles } from '../foreign-files.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeContents } from './decode-contents.ts'
import { encodeContents } from './encode-contents.ts'
import { DIALECT, ownExtensions, reportForeign } from './extensions.ts'
import { optionalString, othersOf, read } from './fields.ts'
import { decodeConfig, encodeConfig, SHOWN } from './generation-config.ts'
import { decodeToolConfig, encodeToolConfig } from './tool-config.ts'
import { decodeTools, encodeTools } from './tools.ts'

/** Fields that the canonical request says, and Headgate's own; all others are carried as extensions. */
const SAID = new Set([
  ...['model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig'],
  ...['metadata', 'documents', 'cachedContent'],
])

/**
 * A `generateContent` request as the canonical one; `asked` is what its address says. Throws GatewayError `invalid_request` with the path of what is
 * wrong, and `unsupported_parameter` for `cachedContent`: such a cache belongs to the provider's account, where tenants would read one another's.
 */
export function decodeRequest(body: JsonObject, asked?: PathAsk): CanonicalRequest {
  if (read(body, 'cachedContent') !== undefined) {
    const message =
      'cachedContent: caches of the provider’s account are not shared with callers; send the content itself, Gemini finds repeated prompts by itself.'
    throw new GatewayError('unsupported_parameter', message, { param: 'cachedContent' })
  }
  const tools = decodeTools(body)
  const { toolChoice, own: ownToolConfig } = decodeToolConfig(body)
  const { parameters, own: ownConfig, shown } = decodeConfig(body)
  const own: JsonObject = { ...othersOf(body, SAID), ...ownToolConfig, ...ownConfig }
  return {
    model: modelOf(body, asked),
    messages: decodeContents(body),
    ...(tools ? { tools } : {}),
    ...(toolChoice ? { toolChoice } : {}),
    ...parameters,
    stream: asked?.stream ?? false,
    includeUsage: true,
    ...extensionsOf(own, parameters.reasoning !== undefined, shown),
  }
}

function modelOf(body: JsonObject, asked: PathAsk | undefined): string {
  const model = asked?.model ?? optionalString(body, 'model')?.replace(/^models\//, '')
  if (model) return model
  throw new GatewayError('invalid_request', 'The address names no model.', { param: 'model' })
}

/** A caller of this format who asks for thinking sees the thoughts only if that is said too; callers of others always do. */
function extensionsOf(own: JsonObject, thinks: boolean, shown: boolean): Pick<CanonicalRequest, 'extensions'> {
  const others = Object.keys(own).length > 0
  if (!others && (!thinks || shown)) return {}
  return { extensions: { [DIALECT]: thinks && shown ? { ...own, [SHOWN]: true } : own } }
}

/**
 * The canonical request as a `generateContent` request; its model and whether it streams are in the address. Throws
 * `unsupported_parameter` where dropping would change what is answered.
 */
export function encodeRequest(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const dropped: string[] = []
  const drop: Drop = (path) => {
    dropped.push(path)
  }
  refuseForeignFiles(request, 'google')
  const native = request.extensions?.[DIALECT] !== undefined
  const own = ownExtensions(request.extensions)
  const tools = encodeTools(request.tools, drop)
  const hasFunctions = request.tools?.some((tool) => tool.type === 'function') ?? false
  const shown = !native || own[SHOWN] === true
  const toolConfig = encodeToolConfig(request, own, hasFunctions, drop)
  const generationConfig = encodeConfig(request, target, { own, shown, hasFunctions }, drop)
  const body: JsonObject = {
    ...topLevel(own),
    ...encodeContents(request.messages, target.model, drop),
    ...(tools ? { tools } : {}),
    ...(toolConfig ? { toolConfig } : {}),
    ...(generationConfig ? { generationConfig } : {}),
  }
  if (request.endUser !== undefined) drop('user')
  reportForeign(request.extensions, '', drop)
  for (const field of target.quirks.rejects ?? []) {
    if (!(field in body)) continue
    delete body[field]
    drop(field)
  }
  return { body, dropped }
}

/** The fields that stand at the top; the others are woven into objects of their own. */
function topLevel(own: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(own).filter(([path]) => !path.includes('.')))
}

/** The object in a field of a caller's body, in either spelling, and the spelling; null when it is not there. */
export function fieldIn(body: JsonObject, names: readonly string[]): { name: string; value: JsonObject } | null {
  for (const name of names) {
    const value = body[name]
    if (isObject(value)) return { name, value }
  }
  return null
}
