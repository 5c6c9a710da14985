/*
 * Generated conversations and answers for the dialects' contract: valid ones in the canonical model, within what a format says
 * it can say. Texts hold every kind of character; arguments are JSON as a model writes it.
 */
import fc from 'fast-check'
import type { Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../canonical/content.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import { expand } from '../canonical/expand.ts'
import type { Message } from '../canonical/request.ts'
import type { CanonicalResponse, FinishReason } from '../canonical/response.ts'
import type { StreamEvent } from '../canonical/stream-event.ts'
import type { Usage } from '../canonical/usage.ts'

/** What a format can say beyond text and tool calls. */
export interface Sayable {
  /** Several text parts in one turn of the assistant stay several. */
  readonly severalTexts: boolean
  /** Texts may carry prompt-cache marks. */
  readonly cacheMarks: boolean
  /** Tool results may hold pictures and say that the tool failed. */
  readonly richResults: boolean
  /** Whose sealed reasoning may stand in a conversation; null when none may. */
  readonly sealedTurns: DialectName | null
  /** Whose sealed reasoning may stand in an answer; null when only plain reasoning may. */
  readonly sealedAnswers: DialectName | null
  /** A refusal is told from a text. */
  readonly refusals: boolean
  /** What of an answer there are no words for: its id, its model, or a counter, whose tokens are then among the output's. Default: nothing. */
  readonly unsaid?: readonly ('id' | 'model' | 'reasoning')[]
  /** Pictures may be given by their address. Default true. */
  readonly pictureUrls?: boolean
  /** Why an answer without tool calls may end. */
  readonly finishes: readonly FinishReason[]
}

const said = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).map((text) => `${text}.`)
const word = fc.stringMatching(/^[a-z]{1,8}$/)
const toolId = fc.oneof(
  fc.stringMatching(/^call_[a-zA-Z0-9]{1,12}$/),
  fc.constantFrom('functions.look:0', 'a|b', 'x_1'),
)
const json = fc.dictionary(word, fc.oneof(said, fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.nat())), {
  maxKeys: 3,
  noNullPrototype: true,
})

/** A conversation: perhaps a system prompt, then rounds of user, assistant and tools; it ends where the model is to speak. */
export function conversations(sayable: Sayable): fc.Arbitrary<Message[]> {
  const rounds = fc.array(round(sayable), { maxLength: 3 })
  return fc
    .record({ system: fc.option(said), rounds, last: userTurn(sayable) })
    .map(({ system, rounds: past, last }) => [
      ...(system === null ? [] : [{ role: 'system', content: [{ type: 'text', text: system }] } as const]),
      ...past.flat(),
      last,
    ])
}

/** A whole answer with an id and a model: reasoning, text, refusal and tool calls, in that order. */
export function answers(sayable: Sayable): fc.Arbitrary<CanonicalResponse> {
  const reasoning = sayable.sealedAnswers === null ? plainReasoning : sealedReasoning(sayable.sealedAnswers)
  const spoken = <Type extends 'text' | 'refusal'>(type: Type) => said.map((text) => ({ type, text }))
  return fc
    .record({
      reasoning: fc.option(reasoning),
      text: fc.option(spoken('text')),
      refusal: sayable.refusals ? fc.option(spoken('refusal')) : fc.constant(null),
      calls: fc.array(toolCall, { maxLength: 3 }),
      finish: fc.constantFrom(...sayable.finishes),
      usage: usages,
    })
    .map(({ reasoning: thought, text, refusal: refused, calls, finish, usage }) => ({
      ...without(sayable.unsaid, { id: 'answer_1', model: 'model-1' }),
      content: [
        ...(thought ? [thought] : []),
        ...(text ? [text] : []),
        ...(refused ? [refused] : []),
        ...distinct(calls),
      ],
      finishReason: calls.length > 0 ? 'tool-calls' : finish,
      usage: without(sayable.unsaid, usage),
    }))
}

/** Fields without those that a format has no words for. */
function without<Fields extends object>(unsaid: readonly string[] | undefined, fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => !unsaid?.includes(field))) as Partial<Fields>
}

/** An answer's events with those of its tool calls mixed, as parallel calls come. */
export function interleaved(answer: CanonicalResponse, picks: readonly number[]): StreamEvent[] {
  const events = expand(answer)
  const isCall = (event: StreamEvent) => event.type.startsWith('tool-call')
  const queues = Map.groupBy(events.filter(isCall), (event) => ('index' in event ? event.index : -1))
  const starts = [...queues.values()].flatMap((queue) => queue.splice(0, 1))
  const rest: StreamEvent[] = []
  for (let turn = 0; queues.size > 0; turn += 1) {
    const keys = [...queues.keys()]
    const key = keys[(picks[turn % picks.length] ?? 0) % keys.length] ?? -1
    const next = queues.get(key)?.shift()
    if (next) rest.push(next)
    else queues.delete(key)
  }
  const firstCall = events.findIndex(isCall)
  const before = firstCall === -1 ? events : events.slice(0, firstCall)
  return [...before, ...starts, ...rest, ...events.slice(before.length).filter((event) => !isCall(event))]
}

const plainReasoning = said.map((text): ReasoningPart => ({ type: 'reasoning', text }))

function sealedReasoning(origin: DialectName): fc.Arbitrary<ReasoningPart> {
  const seal = fc.base64String({ minLength: 4, maxLength: 24 })
  return fc.oneof(
    fc.record({ text: said, signature: seal }).map((part) => ({ type: 'reasoning', origin, ...part }) as const),
    seal.map((redacted) => ({ type: 'reasoning', text: '', redacted, origin }) as const),
  )
}

const toolCall: fc.Arbitrary<ToolCallPart> = fc
  .record({ id: toolId, name: word, arguments: json })
  .map((call) => ({ type: 'tool-call', ...call, arguments: JSON.stringify(call.arguments) }))

const usages: fc.Arbitrary<Usage> = fc.record({
  inputUncached: fc.nat(1e6),
  cacheRead: fc.nat(1e6),
  cacheWrite5m: fc.nat(1e6),
  outputText: fc.nat(1e6),
  reasoning: fc.nat(1e6),
})

function text(sayable: Sayable): fc.Arbitrary<TextPart> {
  const mark = fc.constantFrom({}, { cacheTtl: '5m' } as const)
  return fc
    .record({ text: said, mark: sayable.cacheMarks ? mark : fc.constant({}) })
    .map((part) => ({ type: 'text', text: part.text, ...part.mark }))
}

const INLINE: Part = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' } }
const LINKED: Part = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } }

function image({ pictureUrls }: Sayable): fc.Arbitrary<Part> {
  return pictureUrls === false ? fc.constant(INLINE) : fc.constantFrom(LINKED, INLINE)
}

function userTurn(sayable: Sayable): fc.Arbitrary<Message> {
  return fc
    .tuple(
      text(sayable),
      fc.array(
        fc.oneof(
          said.map((each): Part => ({ type: 'text', text: each })),
          image(sayable),
        ),
        { maxLength: 2 },
      ),
    )
    .map(([first, others]) => ({ role: 'user', content: [first, ...others] }))
}

/** A user's turn, the assistant's answer, and what the tools it called gave back. */
function round(sayable: Sayable): fc.Arbitrary<Message[]> {
  const texts = fc.array(
    said.map((each): Part => ({ type: 'text', text: each })),
    { maxLength: sayable.severalTexts ? 2 : 1 },
  )
  const reasoning = sayable.sealedTurns === null ? fc.constant(null) : fc.option(sealedReasoning(sayable.sealedTurns))
  return fc
    .record({
      user: userTurn(sayable),
      reasoning,
      texts,
      calls: fc.array(toolCall, { maxLength: 3 }),
      results: fc.infiniteStream(result(sayable)),
    })
    .map(({ user, reasoning: thought, texts: spoken, calls, results }) => {
      const called = distinct(calls)
      const content: Part[] = [...(thought ? [thought] : []), ...spoken, ...called]
      const answered = called.map((call): Message => {
        const given = results.next().value ?? { content: [] }
        return { role: 'tool', content: [{ type: 'tool-result', toolCallId: call.id, ...given }] }
      })
      if (spoken.length + called.length === 0) content.push({ type: 'text', text: 'Yes.' })
      return [user, { role: 'assistant', content }, ...answered]
    })
}

function result(sayable: Sayable): fc.Arbitrary<Pick<ToolResultPart, 'content' | 'isError'>> {
  const plain = said.map((each) => ({ content: [{ type: 'text', text: each } as const] }))
  if (!sayable.richResults) return plain
  return fc
    .record({ said, failed: fc.boolean(), shown: fc.array(image(sayable), { maxLength: 1 }) })
    .map(({ said: each, failed, shown }) => ({
      content: [{ type: 'text', text: each } as const, ...shown.filter((part) => part.type === 'image')],
      ...(failed ? { isError: true } : {}),
    }))
}

/** Calls of one turn have ids of their own. */
function distinct(calls: readonly ToolCallPart[]): ToolCallPart[] {
  return calls.map((call, at) => ({ ...call, id: `${call.id}${at === 0 ? '' : at}` }))
}
