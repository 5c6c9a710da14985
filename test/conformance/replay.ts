import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { operationOf } from '../../src/dialects/registry.ts'
import { type Ask, isOwedUsage, minimalAsk, recordedAsk } from './ask.ts'
import { differences } from './compare.ts'
import { CLIENTS, formatOf } from './formats.ts'
import type { Recording } from './recordings.ts'
import { replayCount } from './replay-count.ts'
import type { Stand } from './stand.ts'

/** One recording, replayed to a client of one format. */
export interface Outcome {
  readonly id: string
  readonly provider: string
  readonly from: DialectName
  readonly to: DialectName
  readonly stream: boolean
  /** What the client got to know differently; empty when the replies mean the same. */
  readonly differences: readonly string[]
  /** Why a minimal request stood in for the recorded one; null when the recorded one was sent. */
  readonly minimal: string | null
}

/** Replays one recording to a client of its own format, and then to the clients of all others. */
export async function replay(recording: Recording, stand: Stand): Promise<Outcome[]> {
  if (recording.counts) return replayCount(recording, stand)
  const { dialect } = recording
  const own = CLIENTS.includes(dialect) ? await replayTo(recording, dialect, stand, true) : null
  const outcomes = own ? [own] : []
  for (const to of CLIENTS) {
    if (to === dialect || operationOf(to) !== operationOf(dialect)) continue
    // What is refused in its own format cannot be expected to pass in another.
    outcomes.push(await replayTo(recording, to, stand, own === null || own.minimal !== null))
  }
  return outcomes
}

async function replayTo(recording: Recording, to: DialectName, stand: Stand, mayBeRefused: boolean): Promise<Outcome> {
  const { id, provider, dialect: from } = recording
  const model = stand.modelOf(recording)
  let ask: Ask
  let minimal: string | null = null
  try {
    ask = recordedAsk(recording, to, model)
  } catch (error) {
    minimal = error instanceof Error ? error.message : String(error)
    ask = minimalAsk(recording, to, model)
  }
  const outcome = (found: readonly string[]): Outcome => {
    return { id, provider, from, to, stream: ask.stream, differences: found, minimal }
  }

  let reply = await stand.send(ask, recording)
  if (!reply.delivered && minimal === null) {
    const refusal = formatOf(to).read(reply).error?.message.replace(model, 'the provider') ?? 'no reason'
    if (!mayBeRefused) return outcome([`the translated request is refused: ${refusal}`])
    minimal = refusal
    ask = minimalAsk(recording, to, model)
    reply = await stand.send(ask, recording)
  }
  if (!reply.delivered) return outcome([`no request reaches the provider: ${reply.body.slice(0, 200)}`])

  const recorded = formatOf(from).read(recording.response)
  const streamed = ask.stream
  return outcome(differences(recorded, formatOf(to).read(reply), { from, to, streamed, usageOwed: isOwedUsage(ask) }))
}
