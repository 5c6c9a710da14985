import { isDeepStrictEqual } from 'node:util'
import { differences } from '../../conformance/compare.ts'
import { formatOf } from '../../conformance/formats.ts'
import type { CallMeaning, ChoiceMeaning } from '../../conformance/meaning.ts'
import type { Heard } from './heard.ts'
import { wrongRows } from './judge-rows.ts'
import type { StreamRow } from './rows.ts'
import { hasContent, mayLackUsage, type Sent, type Told, toldBy } from './sent.ts'
import type { StreamPlan } from './stream-plan.ts'
import { providerOf, taskOf } from './upstreams.ts'

/*
 * The judge of one stream. Three witnesses are heard: its caller, the wall (every byte that providers sent) and the ledger. The replies are read by the readers of
 * `test/conformance`, which share nothing with the gateway's decoders. Pure, so that a test can plant each kind of lie and see it found.
 */

/** All that is known of one stream that is over. */
export interface Testimony {
  readonly plan: StreamPlan
  readonly heard: Heard
  /** In the order in which the wall was called. */
  readonly sent: readonly Sent[]
  readonly rows: readonly StreamRow[]
}

/**
 * How it ended for its caller. `partial`: handed over and marked incomplete. `spent`: ended by its budget. `cut`: an error after the beginning. `refused`: an error in place of
 * an answer.
 */
export type Ending = 'whole' | 'partial' | 'spent' | 'cut' | 'refused' | 'left' | 'nothing'

/** What the judge says. */
export interface Verdict {
  readonly ending: Ending
  readonly problems: readonly string[]
}

/** Begins the problem of a fallback that was not asked. */
export const NOBODY_TOOK_OVER = 'nobody took over'

/** The words by which callers know that an answer is incomplete. */
const INCOMPLETE: Readonly<Record<string, string>> = {
  'openai-chat': 'error',
  'openai-responses': 'error',
  'anthropic-messages': 'error',
  'google-generate-content': 'OTHER',
  library: 'incomplete',
}
const LENGTH: Readonly<Record<string, string>> = {
  'openai-chat': 'length',
  'openai-responses': 'max_output_tokens',
  'anthropic-messages': 'max_tokens',
  'google-generate-content': 'MAX_TOKENS',
  library: 'length',
}

/** Judges one stream. */
export function judge({ plan, heard, sent, rows }: Testimony): Verdict {
  const ending = endingOf(plan, heard, rows)
  const told = sent.map(toldBy)
  const served = heard.served ?? afterEarlyHead(heard, rows)
  const named = sent.findIndex(({ part, turn }) => served?.startsWith(`${providerOf(part.upstream, turn)}/`))
  // An answer that broke before anybody saw it is a failure in the books; what is handed over of it says by its words whose it is.
  const at = ending === 'partial' && served === null ? told.findIndex((one) => isPartOf(heard, one)) : named
  const answered = at === -1 ? null : { sent: sent[at] as Sent, told: told[at] as Told }
  const problems = [
    ...wrongCalls(plan, sent),
    ...wrongEnd(plan, heard, ending),
    ...(ending === 'whole' ? wrongWhole(plan, heard, answered, told) : []),
    ...(ending === 'partial' || ending === 'spent' ? wrongEarlyEnd(plan, heard, answered, ending, told) : []),
    ...(ending === 'cut' || ending === 'refused' ? wrongError(plan, heard, sent, told) : []),
    ...(ending === 'cut' || ending === 'left' ? wrongPart(heard, told) : []),
    ...wrongRows({ plan, heard, sent, rows }, told, ending, at),
  ]
  return { ending, problems }
}

/** A stream that was silent for long has its head before anybody has answered: then the books say who did. */
function afterEarlyHead({ status }: Heard, rows: readonly StreamRow[]): string | null {
  const last = rows.findLast((row) => row.status === 'completed' || row.status === 'incomplete')
  return status === 200 && last?.provider ? `${last.provider}/` : null
}

function isPartOf(heard: Heard, one: Told): boolean {
  return wrongPart(heard, [one]).length === 0
}

function endingOf(plan: StreamPlan, { ended, status, meaning }: Heard, rows: readonly StreamRow[]): Ending {
  const success = status === 200 && meaning.stream?.complete === true && meaning.error === null
  if (success) {
    const finish = meaning.choices[0]?.finish
    if (finish === INCOMPLETE[plan.inbound]) return 'partial'
    // Little money may also be told to the provider, as a cap.
    return finish === LENGTH[plan.inbound] && rows.some(({ cut }) => cut) ? 'spent' : 'whole'
  }
  if (ended === 'left') return 'left'
  if (status >= 400) return 'refused'
  return meaning.error ? 'cut' : 'nothing'
}

/** Each target once. */
function wrongCalls(plan: StreamPlan, sent: readonly Sent[]): string[] {
  const turns = sent.map(({ turn }) => turn)
  // The wall may hear of a second call before the first, whose clock ran out.
  const once = new Set(turns).size === turns.length && turns.length <= plan.parts.length
  return once ? [] : [`the turns ${turns.join(', ')} were called, of ${plan.parts.length}`]
}

/** Success and error in their own places, and never both. */
function wrongEnd({ inbound }: StreamPlan, { ended, meaning, body }: Heard, ending: Ending): string[] {
  const problems: string[] = []
  const { stream, error } = meaning
  if (ended === 'broken') problems.push('the reply broke off, or took for ever')
  if (ending === 'nothing' && ended === 'end') problems.push('the reply ended with neither success nor error')
  if (error && (stream?.markers ?? 0) > 0) problems.push('an error and the success marker in one stream')
  if (error?.code === 'internal' || /"code":\s*"internal"/.test(ending === 'whole' ? '' : body))
    problems.push(`an error of our own: ${error?.message}`)
  const marked = ending === 'whole' || ending === 'partial' || ending === 'spent'
  const hasMarker = inbound === 'library' || formatOf(inbound).client?.hasMarker !== false
  // Who left may have done so just before the marker.
  if (marked && hasMarker && ended === 'end' && stream?.markers !== 1)
    problems.push(`${stream?.markers} success markers`)
  if (marked && ended === 'end' && stream?.markerIsLast === false)
    problems.push('the success marker is not the last event')
  // At the very beginning clients forgive it, and behind a sign of life they lose an event by it.
  if (/^\uFEFF/m.test(body)) problems.push('the byte order mark of a provider is passed on')
  return problems
}

interface Answered {
  readonly sent: Sent
  readonly told: Told
}

/** What looks whole was sent whole, and is all there. */
function wrongWhole(plan: StreamPlan, heard: Heard, answered: Answered | null, all: readonly Told[]): string[] {
  if (!answered) {
    // Who leaves the library at the last event never learns who answered.
    const isLast = heard.ended === 'left' && all.some((one) => one.whole !== 'no')
    return isLast ? wrongPart(heard, all) : ['a whole answer of nobody']
  }
  const { told } = answered
  if (told.whole === 'no') return ['a cut answer is shown as whole']
  // Nobody can say how much of it a caller who left has read.
  if (heard.ended === 'left') return wrongPart(heard, [told])
  if (plan.inbound === 'library') return libraryDifferences(heard, told)
  const from = answered.sent.part.dialect
  const usageOwed = plan.inbound !== 'openai-chat' || plan.asksUsage
  const terms = { from, to: plan.inbound, streamed: true, usageOwed: usageOwed && !mayLackUsage(answered.sent) }
  return differences(
    terms.usageOwed ? told.meaning : { ...told.meaning, usage: null },
    terms.usageOwed ? heard.meaning : { ...heard.meaning, usage: null },
    terms,
  )
    .filter((line) => !line.startsWith('the success marker'))
    .map((line) => `the whole answer differs: ${line}`)
}

function libraryDifferences({ meaning }: Heard, { choice }: Told): string[] {
  const [have] = meaning.choices
  if (!have || !choice) return ['the whole answer is none']
  return [
    ...(['text', 'reasoning', 'refusal'] as const).flatMap((field) => {
      // Where a format has no place for a refusal, it is text.
      const same =
        have[field] === choice[field] ||
        (field !== 'reasoning' && have.text + have.refusal === choice.text + choice.refusal)
      return same
        ? []
        : [`the whole answer differs: ${field}: ${JSON.stringify(choice[field])} became ${JSON.stringify(have[field])}`]
    }),
    ...(sameCalls(have.calls, choice.calls)
      ? []
      : [`the whole answer differs: calls: ${JSON.stringify(choice.calls)} became ${JSON.stringify(have.calls)}`]),
  ]
}

function sameCalls(have: readonly CallMeaning[], want: readonly CallMeaning[]): boolean {
  const plain = (calls: readonly CallMeaning[]) => calls.map(({ name, arguments: given }) => ({ name, given }))
  return isDeepStrictEqual(plain(have), plain(want))
}

/** An answer that ends early says so where it may, and is a part of what was sent. */
function wrongEarlyEnd(
  plan: StreamPlan,
  heard: Heard,
  answered: Answered | null,
  ending: 'partial' | 'spent',
  all: readonly Told[],
): string[] {
  if (!answered) return heard.ended === 'left' ? wrongPart(heard, all) : ['an answer of nobody']
  const problems = wrongPart(heard, [answered.told])
  if (ending === 'spent') return problems
  if (plan.partial !== 'return') problems.push('a cut answer is handed over, and nobody wants that')
  if (answered.told.whole === 'yes') problems.push('a whole answer is shown as incomplete')
  if ((heard.meaning.choices[0]?.calls.length ?? 0) > 0) problems.push('half of what tools are asked is handed over')
  return problems
}

/** Nobody is told of an error who could have had an answer. */
function wrongError(plan: StreamPlan, heard: Heard, sent: readonly Sent[], told: readonly Told[]): string[] {
  const { meaning, status } = heard
  const code = meaning.error?.code ?? ''
  const said = `${code} ${heard.body}`
  if (plan.isPoor && said.includes('budget_exceeded')) return []
  // PostgreSQL may be too busy for a moment; the report says how often.
  if (sent.length === 0 && said.includes('ledger_unavailable')) return []
  const problems: string[] = []
  const whole = told.findIndex((one) => one.whole === 'yes')
  if (whole !== -1)
    problems.push(`the whole answer of turn ${whole + 1} is shown as ${status >= 400 ? 'an error' : 'cut'} (${code})`)
  const last = told.at(-1)
  if (sent.length === 0) problems.push(`nobody was asked (${code})`)
  else if (sent.length < plan.parts.length && last && (plan.delivery === 'whole' || !last.spoke))
    problems.push(`${NOBODY_TOOK_OVER}, though nothing had been shown (${code})`)
  const [first] = meaning.choices
  const shown = first !== undefined && hasContent(first)
  const calls = (last?.choice?.calls.length ?? 0) > 0
  if (plan.partial === 'return' && shown && first.text !== '' && !calls && last?.whole === 'no')
    problems.push(`a cut answer is not handed over, though ${taskOf(plan)} wants it (${code})`)
  if (plan.delivery === 'whole' && shown) problems.push('a cut answer was not held back')
  return problems
}

/** What was heard is the beginning of one answer. */
function wrongPart({ meaning }: Heard, told: readonly Told[]): string[] {
  const [have] = meaning.choices
  if (!have || !hasContent(have)) return []
  const fits = told.some(({ choice }) => choice !== null && isBeginning(have, choice))
  return fits ? [] : [`what was heard is not the beginning of any one answer: ${JSON.stringify(have).slice(0, 300)}`]
}

function isBeginning(have: ChoiceMeaning, whole: ChoiceMeaning): boolean {
  const words = whole.text + whole.refusal
  return (
    (whole.text.startsWith(have.text) || words.startsWith(have.text)) &&
    whole.refusal.startsWith(have.refusal) &&
    whole.reasoning.startsWith(have.reasoning) &&
    have.calls.every((call, at) => isBeginningOf(call, whole.calls[at]))
  )
}

function isBeginningOf({ name, arguments: given }: CallMeaning, whole: CallMeaning | undefined): boolean {
  if (!whole || whole.name !== name) return false
  const text = typeof whole.arguments === 'string' ? whole.arguments : JSON.stringify(whole.arguments)
  if (typeof given === 'string') return text.startsWith(given)
  return isDeepStrictEqual(given, whole.arguments) || Object.keys(given ?? {}).length === 0
}
