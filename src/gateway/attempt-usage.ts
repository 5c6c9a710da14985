import { FEE_COUNTERS, type FeeCounter, outputTokens, type Usage } from '../canonical/usage.ts'
import type { AttemptRecord } from '../execution/running-attempt.ts'

/*
 * What a closed attempt used: what the provider counted, and where it did not, or was cut off before it could, what we know of it. Then we count
 * rather too much than too little, and the row says so.
 */

/** What an attempt used, and whether we had to count for the provider. */
export interface AttemptUsage {
  readonly usage: Usage
  readonly estimated: boolean
}

/** Bytes of generated text a token, where the provider did not count for us. */
const BYTES_PER_OUTPUT_TOKEN = 4

/** Some providers go on generating, and charging, when we hang up: then nobody knows how much, and the bound is booked. */
export function billRunsOn({ deployment, status, errorCode, mayCost }: AttemptRecord): boolean {
  const hungUp = status === 'client_gone' || errorCode === 'upstream_timeout'
  return hungUp && mayCost && !deployment.endpoint.abortStopsBilling
}

/**
 * What an attempt used: the provider's own figures; where they are missing or were cut off with the stream (Anthropic counts the prompt
 * first and the answer last), the meter's or our count of what arrived, never less than what the provider said.
 */
export function usedBy(record: AttemptRecord, inputEstimate: number): AttemptUsage {
  const said = record.summary?.usage ?? null
  if (said && record.status === 'completed') return { usage: said, estimated: false }
  if (!record.mayCost) return { usage: said ?? {}, estimated: false }
  const { metered = null, cut = false, outputBytes = 0 } = record.summary ?? {}
  const tools = outputBytes > 0 ? toolUses(record, said) : {}
  const estimated = Object.keys(tools).length > 0
  if (metered && (cut || !said)) return { usage: { ...served(said), ...tools, ...metered }, estimated: true }
  const counted = metered ? outputTokens(metered) : Math.ceil(outputBytes / BYTES_PER_OUTPUT_TOKEN)
  if (!said) return { usage: { ...tools, inputUncached: inputEstimate, outputText: counted }, estimated: true }
  if (outputTokens(said) >= counted) return { usage: { ...tools, ...said }, estimated }
  const outputText = counted - (said.reasoning ?? 0) - (said.outputAudio ?? 0)
  return { usage: { ...tools, ...said, outputText }, estimated: true }
}

/** What the provider said of how it served, and of its tools, apart from the tokens that it counted. */
function served(said: Usage | null): Partial<Usage> {
  const { serviceTier, geography } = said ?? {}
  return {
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(geography === undefined ? {} : { geography }),
    ...Object.fromEntries(FEE_COUNTERS.flatMap((name) => (said?.[name] === undefined ? [] : [[name, said[name]]]))),
  }
}

/** Tools are counted at the end of an answer: one that was cut may have used all that it was allowed to. */
function toolUses({ deployment }: AttemptRecord, said: Usage | null): Partial<Record<FeeCounter, number>> {
  const allowed = deployment.asked?.toolUses ?? {}
  return Object.fromEntries(
    FEE_COUNTERS.flatMap((name) => {
      const most = allowed[name]
      return most === undefined || said?.[name] !== undefined ? [] : [[name, most]]
    }),
  )
}
