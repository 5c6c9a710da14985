import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { defined } from '../../lib/defined.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { EncodeTarget } from '../dialect.ts'
import type { Drop } from '../own-extensions.ts'
import { optionalInteger, optionalNumber, optionalObject, optionalStrings, othersOf } from './fields.ts'
import { generationOf } from './generation.ts'
import { decodeFormat, encodeFormat } from './output-format.ts'
import { decodeThinking, encodeThinking } from './thinking.ts'
import { prefixed } from './tool-config.ts'

const AT = 'generationConfig'
/** Set in the extensions of a request that asks to see the thoughts and has other fields of its own. */
export const SHOWN = `${AT}.thinkingConfig.includeThoughts`
/** How many stop texts Google takes. */
export const DEFAULT_MAX_STOPS = 5

const SAID = new Set([
  ...['maxOutputTokens', 'temperature', 'topP', 'topK', 'stopSequences', 'seed', 'candidateCount'],
  ...['presencePenalty', 'frequencyPenalty', 'thinkingConfig'],
])
const FORMAT = ['responseMimeType', 'responseSchema', 'responseJsonSchema']
const SAID_WITH_FORMAT = new Set([...SAID, ...FORMAT])

type Parameters = Partial<CanonicalRequest>

/** What a request says in `generationConfig`. */
export interface DecodedConfig {
  readonly parameters: Parameters
  /** What only Google says there, by its path from the top. */
  readonly own: JsonObject
  /** Whether the thoughts are to be shown. */
  readonly shown: boolean
}

/** Reads `generationConfig`. */
export function decodeConfig(body: JsonObject): DecodedConfig {
  const config = optionalObject(body, AT) ?? {}
  const { format, isOwn } = decodeFormat(config)
  const { reasoning, shown } = decodeThinking(config)
  const stop = optionalStrings(config, 'stopSequences', AT)
  return {
    parameters: defined({
      maxOutputTokens: optionalInteger(config, 'maxOutputTokens', 1, AT),
      temperature: optionalNumber(config, 'temperature', AT),
      topP: optionalNumber(config, 'topP', AT),
      // SDKs write whole numbers as they have them, with or without a point.
      topK: optionalNumber(config, 'topK', AT),
      stop: stop && stop.length > 0 ? stop : undefined,
      seed: optionalNumber(config, 'seed', AT),
      choices: optionalInteger(config, 'candidateCount', 1, AT),
      presencePenalty: optionalNumber(config, 'presencePenalty', AT),
      frequencyPenalty: optionalNumber(config, 'frequencyPenalty', AT),
      responseFormat: format,
      reasoning,
    }),
    own: prefixed(othersOf(config, isOwn ? SAID : SAID_WITH_FORMAT), AT),
    shown,
  }
}

/**
 * The `generationConfig` to write; undefined when nothing is asked. `own` are this format's own fields below it, by path. Throws
 * `unsupported_parameter` for several choices and for more stop texts than Google takes.
 */
export function encodeConfig(
  request: CanonicalRequest,
  target: EncodeTarget,
  ask: { readonly own: JsonObject; readonly shown: boolean; readonly hasFunctions: boolean },
  drop: Drop,
): JsonObject | undefined {
  refuseWhatCannotBe(request, target)
  const generation = generationOf(target.model)
  const own = Object.entries(ask.own).flatMap(([path, value]) =>
    path.startsWith(`${AT}.`) && path !== SHOWN ? [[path.slice(AT.length + 1), value] as const] : [],
  )
  const config: JsonObject = {
    ...Object.fromEntries(own),
    ...defined({
      maxOutputTokens: request.maxOutputTokens,
      temperature: request.temperature,
      topP: request.topP,
      topK: request.topK,
      stopSequences: request.stop && [...request.stop],
      seed: request.seed,
      presencePenalty: request.presencePenalty,
      frequencyPenalty: request.frequencyPenalty,
      thinkingConfig: encodeThinking(request.reasoning, { model: target.model, shown: ask.shown }, drop),
    }),
    ...encodeFormat(request.responseFormat, generation.jsonWithTools || !ask.hasFunctions, drop),
  }
  return Object.keys(config).length === 0 ? undefined : config
}

function refuseWhatCannotBe({ choices = 1, stop = [] }: CanonicalRequest, { quirks }: EncodeTarget): void {
  if (choices > 1) {
    const message = 'n: this model gives one answer per call to callers of other formats; ask once for each answer.'
    throw new GatewayError('unsupported_parameter', message, { param: 'n' })
  }
  const most = quirks.maxStops ?? DEFAULT_MAX_STOPS
  if (stop.length > most) {
    const message = `stop: this model takes at most ${most} stop texts; the request has ${stop.length}.`
    throw new GatewayError('unsupported_parameter', message, { param: 'stop' })
  }
}
