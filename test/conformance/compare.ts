import { isDeepStrictEqual } from 'node:util'
import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { operationOf } from '../../src/dialects/registry.ts'
import type { JsonValue } from '../../src/lib/json.ts'
import { expectedArguments, expectedFinish, expectedText, sameUsage } from './equivalence.ts'
import { expectedError, survives } from './expected-error.ts'
import { clientOf } from './formats.ts'
import type { CallMeaning, ChoiceMeaning, Meaning } from './meaning.ts'

/** Under which conditions two replies are compared. */
export interface Terms {
  /** The recording's format, and the client's. */
  readonly from: DialectName
  readonly to: DialectName
  /** Whether the client asked for a stream. */
  readonly streamed: boolean
  /** Whether the client was owed usage: in an OpenAI stream only when it asked. */
  readonly usageOwed: boolean
}

/** What the client's reply says differently from the recording, a line each; empty when they mean the same. */
export function differences(recorded: Meaning, got: Meaning, terms: Terms): string[] {
  const failure = failureOf(recorded)
  if (failure) return errorDifferences(failure, got)
  if (got.error) return [`the client got an error: ${got.error.code} ${shown(got.error.message)}`]
  return [
    ...answerDifferences(recorded, got, terms),
    ...usageDifferences(recorded, got, terms),
    ...endDifferences(recorded, got, terms),
  ]
}

/** What must reach the client instead of an answer. */
interface Failure {
  readonly status: number
  readonly code: string
  /** The provider's own words. */
  readonly message: string
}

/** The failure that the recording tells: an error, a stream that was cut, or a reply that is no answer at all. */
function failureOf({ error, stream, choices }: Meaning): Failure | null {
  if (error) return { ...expectedError(error), message: error.message }
  if (stream ? stream.complete : choices.length > 0) return null
  const spoke = choices.some(
    ({ text, reasoning, refusal, calls, foreign }) => text || reasoning || refusal || calls.length + foreign.length > 0,
  )
  return { status: 502, code: spoke ? 'upstream_truncated' : 'upstream_invalid_response', message: '' }
}

function errorDifferences(want: Failure, { status, stream, error }: Meaning): string[] {
  if (!error) return [`the client gets an answer instead of ${want.code} ${shown(want.message)}`]
  const found: string[] = []
  if (!stream && status !== want.status) found.push(`status ${status} instead of ${want.status}`)
  if (error.code !== want.code) found.push(`code ${error.code} instead of ${want.code}`)
  if (!survives(want.message, error.message)) found.push(`the message is lost: ${shown(error.message)}`)
  if (stream && stream.markers > 0) found.push('a failed stream ends with the success marker')
  return found
}

function answerDifferences(recorded: Meaning, got: Meaning, terms: Terms): string[] {
  const same = terms.from === terms.to
  // Of several answers a translated call has the first; of several vectors it has them all.
  const all = same || operationOf(terms.to) === 'embeddings'
  const wanted = all ? recorded.choices : recorded.choices.slice(0, 1)
  const found: string[] = []
  if (got.choices.length !== wanted.length) found.push(`${got.choices.length} answers instead of ${wanted.length}`)
  if (recorded.model !== null && got.model !== recorded.model) found.push(differ('model', recorded.model, got.model))
  wanted.forEach((choice, at) => {
    const other = got.choices[at]
    if (other) found.push(...choiceDifferences(choice, other, terms))
  })
  return found
}

function choiceDifferences(want: ChoiceMeaning, have: ChoiceMeaning, terms: Terms): string[] {
  const same = terms.from === terms.to
  const words = same ? want : expectedText(want, terms.to)
  const finish = same ? want.finish : expectedFinish(want, terms.from, terms.to)
  const found: string[] = []
  if (have.text !== words.text) found.push(differ('text', words.text, have.text))
  if (have.refusal !== words.refusal) found.push(differ('refusal', words.refusal, have.refusal))
  if (have.reasoning !== want.reasoning) found.push(differ('reasoning', want.reasoning, have.reasoning))
  if (have.finish !== finish) found.push(differ('finish', finish, have.finish))
  if (same && !isDeepStrictEqual(have.foreign, want.foreign))
    found.push(differ('own blocks', want.foreign, have.foreign))
  found.push(...callDifferences(want.calls, have.calls, terms))
  return found
}

function callDifferences(want: readonly CallMeaning[], have: readonly CallMeaning[], terms: Terms): string[] {
  const same = terms.from === terms.to
  if (have.length !== want.length) return [`${have.length} tool calls instead of ${want.length}`]
  const found: string[] = []
  want.forEach((call, at) => {
    const other = have[at]
    if (!other) return
    const given = same ? call.arguments : expectedArguments(call.arguments, terms.to, terms.streamed)
    if (other.name !== call.name) found.push(differ('tool name', call.name, other.name))
    if (!isDeepStrictEqual(other.arguments, given)) found.push(differ('arguments', given, other.arguments))
    if (same && other.id !== call.id) found.push(differ('tool call id', call.id, other.id))
  })
  // A translated call may get another id, but the client must be able to answer each call by its own.
  if (!same && new Set(have.map(({ id }) => id)).size !== have.length) found.push('two tool calls have one id')
  if (!same && have.some(({ id }) => id === '')) found.push('a tool call has no id')
  return found
}

function usageDifferences(recorded: Meaning, got: Meaning, terms: Terms): string[] {
  if (!terms.usageOwed && got.usage === null) return []
  return (['input', 'output', 'cached', 'reasoning'] as const)
    .filter((field) => !sameUsage(recorded.usage, got.usage, field))
    .map((field) => differ(`usage ${field}`, recorded.usage?.[field] ?? null, got.usage?.[field] ?? null))
}

function endDifferences(recorded: Meaning, { stream }: Meaning, terms: Terms): string[] {
  if (!stream) return terms.streamed ? ['a stream was asked for and the reply is none'] : []
  if (!terms.streamed) return ['the reply is a stream that was not asked for']
  // Some recordings hold several whole streams one after another; relayed, they stay what they are.
  const wanted = terms.from === terms.to ? Math.max(1, recorded.stream?.markers ?? 1) : 1
  if (clientOf(terms.to).hasMarker === false) return stream.complete ? [] : ['the stream does not look whole']
  if (stream.markers !== wanted) return [`the success marker comes ${stream.markers} times instead of ${wanted}`]
  return stream.markerIsLast ? [] : ['the success marker is not the last event']
}

function differ(what: string, want: JsonValue | readonly JsonValue[], have: JsonValue | readonly JsonValue[]): string {
  const [left, right] = [JSON.stringify(want), JSON.stringify(have)]
  const at = Math.max(0, firstDifference(left, right) - 10)
  const from = at === 0 ? '' : '…'
  return `${what}: ${from}${shown(left.slice(at))} became ${from}${shown(right.slice(at))}`
}

function firstDifference(left: string, right: string): number {
  let at = 0
  while (at < left.length && left[at] === right[at]) at += 1
  return at
}

function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`
}
