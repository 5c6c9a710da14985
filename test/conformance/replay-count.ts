import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { dialectOf } from '../../src/dialects/registry.ts'
import { isObject, parseJson } from '../../src/lib/json.ts'
import type { Ask } from './ask.ts'
import { differences } from './compare.ts'
import type { CountingClient, Format } from './format.ts'
import { FORMATS } from './formats.ts'
import type { Meaning, PlainReply } from './meaning.ts'
import type { Recording } from './recordings.ts'
import type { Outcome } from './replay.ts'
import type { Stand } from './stand.ts'

type Counting = Format & { readonly counting: CountingClient }

const COUNTING = FORMATS.filter((format): format is Counting => format.counting !== undefined)

/** Has the prompt of a recorded count counted again, for the clients of every format that can ask for it. */
export async function replayCount(recording: Recording, stand: Stand): Promise<Outcome[]> {
  const { id, provider, dialect: from } = recording
  const own = COUNTING.find(({ dialect }) => dialect === from)
  if (!own) return []
  const outcomes: Outcome[] = []
  for (const format of [own, ...COUNTING.filter((each) => each !== own)]) {
    const to = format.dialect
    const outcome = (found: readonly string[], minimal: string | null = null): Outcome => {
      return { id, provider, from, to, stream: false, differences: found, minimal }
    }
    const ask = askFor(recording, own, format, stand.modelOf(recording))
    const reply = await stand.send(ask, recording)
    if (!reply.delivered) outcomes.push(outcome([`no request reaches the provider: ${reply.body.slice(0, 200)}`]))
    else {
      const terms = { from: to, to, streamed: false, usageOwed: false }
      outcomes.push(outcome(differences(meaningOf(recording.response, own), meaningOf(reply, format), terms)))
    }
  }
  return outcomes
}

function askFor(
  { request, dialect: from, requestHeaders }: Recording,
  own: Counting,
  to: Counting,
  model: string,
): Ask {
  const path = to.counting.path(model)
  const body = request ?? own.counting.question(own.client?.minimal(model, false) ?? {}, model)
  if (own === to) {
    const asked = own.client?.asksByAddress ? body : { ...body, model }
    return { to: to.dialect, path, headers: requestHeaders, body: asked, stream: false }
  }
  const call = dialectOf(from as DialectName).decodeRequest(
    { ...own.counting.callIn(body), model },
    { model, stream: false },
  )
  const encoded = dialectOf(to.dialect).encodeRequest(call, { model, quirks: to.client?.quirks ?? {} }).body
  return { to: to.dialect, path, headers: {}, body: to.counting.question(encoded, model), stream: false }
}

/** A count as an answer whose text is the number. */
function meaningOf(reply: PlainReply, { counting, read }: Counting): Meaning {
  const body = parseJson(reply.body)
  const tokens = reply.status < 400 && isObject(body) ? counting.tokensIn(body) : null
  if (tokens === null) return read(reply)
  const plain = { reasoning: '', refusal: '', calls: [], foreign: [], finish: null, stopText: null }
  const choices = [{ text: String(tokens), ...plain }]
  return { status: reply.status, model: null, choices, usage: null, error: null, stream: null }
}
