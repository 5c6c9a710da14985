import { cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens, type Usage } from '../../canonical/usage.ts'
import { defined } from '../../lib/defined.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/**
 * Bedrock's usage in disjoint counters; undefined when it says nothing. `inputTokens` leaves out what a cache served or stored, `outputTokens` holds the
 * reasoning, which is never told apart. The service tier stands beside the usage.
 */
export function decodeUsage(said: JsonValue | undefined, serviceTier: JsonValue | undefined): Usage | undefined {
  if (!isObject(said) || Object.keys(said).length === 0) return undefined
  const tier = isObject(serviceTier) ? serviceTier.type : undefined
  return {
    ...defined({
      inputUncached: count(said.inputTokens),
      cacheRead: count(said.cacheReadInputTokens ?? said.cacheReadInputTokenCount),
    }),
    ...cacheWrites(said),
    ...defined({ outputText: count(said.outputTokens) }),
    ...(typeof tier === 'string' ? { serviceTier: tier } : {}),
    raw: said,
  }
}

/** The total counts; the breakdown by lifetime, where it comes, says how much of it lives an hour. */
function cacheWrites(said: JsonObject): Pick<Usage, 'cacheWrite5m' | 'cacheWrite1h'> {
  const total = count(said.cacheWriteInputTokens ?? said.cacheWriteInputTokenCount)
  const details = Array.isArray(said.cacheDetails) ? said.cacheDetails.filter(isObject) : []
  const hour = details.find(({ ttl }) => ttl === '1h')
  const hourly = count(hour?.inputTokens)
  return defined({
    cacheWrite5m: total === undefined ? undefined : Math.max(0, total - (hourly ?? 0)),
    cacheWrite1h: hourly,
  })
}

/** The usage in Bedrock's words, all of whose counters clients count on. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const said = usage ?? {}
  const { cacheWrite1h, cacheWrite5m } = said
  const written = cacheWrite1h === undefined && cacheWrite5m === undefined ? undefined : cacheWriteTokens(said)
  const read = said.cacheRead === undefined && said.cacheReadAudio === undefined ? undefined : cacheReadTokens(said)
  return {
    inputTokens: (said.inputUncached ?? 0) + (said.inputAudio ?? 0),
    outputTokens: outputTokens(said),
    totalTokens: inputTokens(said) + outputTokens(said),
    ...defined({ cacheReadInputTokens: read, cacheWriteInputTokens: written }),
    ...(cacheWrite1h === undefined
      ? {}
      : {
          cacheDetails: [
            { ttl: '1h', inputTokens: cacheWrite1h },
            { ttl: '5m', inputTokens: cacheWrite5m ?? 0 },
          ],
        }),
  }
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) ? value : undefined
}
