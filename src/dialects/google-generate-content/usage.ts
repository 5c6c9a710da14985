/*
 * Usage in disjoint counters.
 *
 * `promptTokenCount` holds what a cache served; results of Google's own tools come on top of it, and thoughts on top of
 * `candidatesTokenCount`. The details break each figure down by modality: sounds are told apart everywhere, pictures where they are generated.
 */
import { cacheReadTokens, cacheWriteTokens, inputTokens, type Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** How Vertex says in which way a call was served. */
const TIERS: Readonly<Record<string, string>> = {
  ON_DEMAND_FLEX: 'flex',
  ON_DEMAND_PRIORITY: 'priority',
}

/** A `usageMetadata` object; `searches` is how often Google searched the web for the answer, where it says so. */
export function decodeUsage(raw: JsonObject, searches?: number): Usage {
  const prompt = count(raw, 'promptTokenCount')
  const tools = count(raw, 'toolUsePromptTokenCount')
  const cached = count(raw, 'cachedContentTokenCount')
  const candidates = count(raw, 'candidatesTokenCount')
  const written = count(raw, 'cacheWriteTokenCount')
  const cachedAudio = ofModality(raw, 'cacheTokensDetails', 'AUDIO')
  const heard = (ofModality(raw, 'promptTokensDetails', 'AUDIO') ?? 0) - (cachedAudio ?? 0)
  const spoken = ofModality(raw, 'candidatesTokensDetails', 'AUDIO')
  const drawn = ofModality(raw, 'candidatesTokensDetails', 'IMAGE')
  const audio = heard > 0 ? heard : undefined
  return {
    ...counter(
      'inputUncached',
      prompt === undefined ? tools : prompt + (tools ?? 0) - (cached ?? 0) - (written ?? 0) - (audio ?? 0),
    ),
    ...counter('cacheRead', cached === undefined ? undefined : cached - (cachedAudio ?? 0)),
    ...counter('cacheReadAudio', cachedAudio),
    ...counter('cacheWrite5m', written),
    ...counter('inputAudio', audio),
    ...counter('outputText', candidates === undefined ? undefined : candidates - (spoken ?? 0) - (drawn ?? 0)),
    ...counter('reasoning', count(raw, 'thoughtsTokenCount')),
    ...counter('outputAudio', spoken),
    ...counter('outputImage', drawn),
    ...counter('webSearches', searches),
    ...tierOf(raw),
    raw,
  }
}

function tierOf(raw: JsonObject): Pick<Usage, 'serviceTier'> {
  const tier = raw.serviceTier ?? TIERS[String(raw.trafficType)]
  return typeof tier === 'string' && tier !== '' ? { serviceTier: tier.toLowerCase() } : {}
}

/**
 * How often Google searched for an answer. Models before Gemini 3 are charged by the answer that used a search, however many searches it took; counted are
 * the searches themselves, as later models are charged.
 */
export function searchesOf(candidate: JsonObject): number | undefined {
  const { groundingMetadata: grounding } = candidate
  if (!isObject(grounding) || !Array.isArray(grounding.webSearchQueries)) return undefined
  const searches = grounding.webSearchQueries.filter((query) => query !== '').length
  return searches > 0 ? searches : undefined
}

/** Usage as a stream tells it: each chunk says it anew, as far as it is known; what a chunk leaves out keeps its last figure. */
export class StreamUsage {
  #raw: JsonObject = {}
  #searches: number | undefined

  /** Takes a chunk in; gives the usage so far when the chunk speaks of it. */
  take(chunk: JsonObject, candidate: JsonObject | undefined): Usage | undefined {
    const searches = candidate && searchesOf(candidate)
    if (searches !== undefined) this.#searches = searches
    const { usageMetadata } = chunk
    if (isObject(usageMetadata)) this.#raw = { ...this.#raw, ...usageMetadata }
    else if (searches === undefined) return undefined
    return decodeUsage(this.#raw, this.#searches)
  }
}

/** The tokens of one modality in a list of details; undefined when the list does not speak of it. */
function ofModality(raw: JsonObject, field: string, modality: string): number | undefined {
  const details = raw[field]
  const entry = Array.isArray(details)
    ? details.find((each): each is JsonObject => isObject(each) && each.modality === modality)
    : undefined
  return entry ? count(entry, 'tokenCount') : undefined
}

/** Usage in Google's words. What no field is for (tokens that were written to a cache) has one of ours, which clients pass over. */
export function encodeUsage(usage: Usage): JsonObject {
  const prompt = inputTokens(usage)
  const reasoning = usage.reasoning ?? 0
  const candidates = (usage.outputText ?? 0) + (usage.outputAudio ?? 0) + (usage.outputImage ?? 0)
  const cached =
    usage.cacheRead === undefined && usage.cacheReadAudio === undefined ? undefined : cacheReadTokens(usage)
  const written =
    usage.cacheWrite5m === undefined && usage.cacheWrite1h === undefined ? undefined : cacheWriteTokens(usage)
  const heard = (usage.inputAudio ?? 0) + (usage.cacheReadAudio ?? 0)
  const tier = usage.serviceTier
  return {
    promptTokenCount: prompt,
    ...(usage.outputText === undefined && candidates === 0 ? {} : { candidatesTokenCount: candidates }),
    totalTokenCount: prompt + candidates + reasoning,
    ...(cached === undefined ? {} : { cachedContentTokenCount: cached }),
    ...(written === undefined ? {} : { cacheWriteTokenCount: written }),
    ...(usage.reasoning === undefined ? {} : { thoughtsTokenCount: reasoning }),
    ...details('promptTokensDetails', { AUDIO: heard, TEXT: prompt - heard }),
    ...details('cacheTokensDetails', { AUDIO: usage.cacheReadAudio ?? 0, TEXT: usage.cacheRead ?? 0 }),
    ...details('candidatesTokensDetails', {
      AUDIO: usage.outputAudio ?? 0,
      IMAGE: usage.outputImage ?? 0,
      TEXT: usage.outputText ?? 0,
    }),
    ...(tier === undefined ? {} : { serviceTier: tier }),
  }
}

/** A breakdown by modality, where there is something besides text. */
function details(field: string, { TEXT, ...others }: Readonly<Record<string, number>>): JsonObject {
  const told = Object.entries(others).filter(([, tokens]) => tokens > 0)
  if (told.length === 0) return {}
  return {
    [field]: [['TEXT', TEXT ?? 0] as const, ...told].map(([modality, tokenCount]) => ({ modality, tokenCount })),
  }
}

function count(source: JsonObject, field: string): number | undefined {
  const value: JsonValue | undefined = source[field]
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) ? value : undefined
}

function counter<Name extends string>(name: Name, value: number | undefined): { readonly [key in Name]?: number } {
  return value === undefined ? {} : ({ [name]: Math.max(0, value) } as { [key in Name]: number })
}
