/*
 * Plans as names, so that a test in another process can command the wall by the model it asks for: `cut-5`, `slow-2000`,
 * `status-429-after-2+times-1`, `wall/fault=silence`. Terms are joined with `+`; numbers follow their word after a dash.
 * A name of which any term is unknown is no plan, but the name of an ordinary model.
 */
import { benchPlan } from './failover-bench.ts'
import { type Fault, faultsOf } from './fault.ts'
import type { Plan } from './plan.ts'

/** Faults that need enough text to happen in. */
const ROOM_TOKENS = 20

type Term = readonly [pattern: RegExp, plan: (...numbers: number[]) => Plan]

const fault = (one: Fault): Plan => ({ fault: one })
const placed =
  (kind: 'cut' | 'eof' | 'malformed' | 'error-event' | 'error-tail') =>
  (after: number): Plan =>
    fault({ kind, after: Number.isNaN(after) ? 'headers' : after })

const TERMS: readonly Term[] = [
  [/^ok$/, () => ({})],
  [/^slow-(\d+)$/, (ms = 0) => ({ firstByteDelayMs: ms })],
  [/^ttft-(\d+)$/, (ms = 0) => ({ firstTokenDelayMs: ms })],
  [/^gap-(\d+)$/, (ms = 0) => ({ betweenEventsMs: ms })],
  [/^comment-every-(\d+)$/, (ms = 0) => ({ commentEveryMs: ms })],
  [/^tokens-(\d+)$/, (tokens = 0) => ({ tokens })],
  [/^chunk-(\d+)$/, (chunks = 1) => ({ chunks })],
  [/^times-(\d+)$/, (times = 0) => ({ times })],
  [/^for-(\d+)$/, (forMs = 0) => ({ forMs })],
  [/^bills-on$/, () => ({ billsAfterAbort: true })],

  [/^status-(\d{3})$/, (status = 500) => fault({ kind: 'status', status })],
  [
    /^status-(\d{3})-after-(\d+)$/,
    (status = 500, retryAfterSeconds = 0) => fault({ kind: 'status', status, retryAfterSeconds }),
  ],
  [
    /^status-(\d{3})-date-(\d+)$/,
    (status = 500, retryAfterDateSeconds = 0) => fault({ kind: 'status', status, retryAfterDateSeconds }),
  ],
  [/^status-(\d{3})-html$/, (status = 500) => fault({ kind: 'status', status, body: 'html' })],
  [/^status-(\d{3})-empty$/, (status = 500) => fault({ kind: 'status', status, body: 'empty' })],
  [/^status-(\d{3})-large$/, (status = 500) => fault({ kind: 'status', status, body: 'large' })],
  [/^context-length$/, () => fault({ kind: 'status', status: 400, code: 'context_length_exceeded' })],

  [/^reset$/, () => fault({ kind: 'reset' })],
  [/^close$/, () => fault({ kind: 'close' })],
  [/^garbage$/, () => fault({ kind: 'garbage' })],
  [/^hang$/, () => fault({ kind: 'hang' })],
  [/^hang-(\d+)$/, (forMs = 0) => fault({ kind: 'hang', forMs })],
  [/^silence$/, () => fault({ kind: 'silence' })],
  [/^silence-(\d+)$/, (forMs = 0) => fault({ kind: 'silence', forMs })],
  [/^stall-(\d+)$/, (after = 0) => fault({ kind: 'stall', after })],
  [/^stall-(\d+)-(\d+)$/, (after = 0, forMs = 0) => fault({ kind: 'stall', after, forMs })],
  [/^cut(?:-(\d+))?$/, placed('cut')],
  [/^cut-at-(\d+)$/, (percent = 0) => fault({ kind: 'cut-at', percent })],
  [/^eof(?:-(\d+))?$/, placed('eof')],
  [/^error(?:-(\d+))?$/, placed('error-event')],
  [/^error-tail(?:-(\d+))?$/, placed('error-tail')],
  [/^malformed(?:-(\d+))?$/, placed('malformed')],
  [/^no-done$/, () => fault({ kind: 'no-done' })],
  [/^no-done-hang$/, () => fault({ kind: 'no-done-hang' })],

  [/^usage-missing$/, () => fault({ kind: 'usage', how: 'missing' })],
  [/^usage-twice$/, () => fault({ kind: 'usage', how: 'twice' })],
  [/^usage-early$/, () => fault({ kind: 'usage', how: 'early' })],
  [/^usage-null$/, () => fault({ kind: 'usage', how: 'null' })],
  [/^usage-running$/, () => fault({ kind: 'usage', how: 'running' })],
  [/^empty-events$/, () => fault({ kind: 'empty-events' })],
  [/^ignore-max-(\d+)$/, (times = 1) => fault({ kind: 'ignore-max-tokens', times })],

  [/^comments$/, () => fault({ kind: 'comments' })],
  [/^huge-line$/, () => fault({ kind: 'huge-line' })],
  [/^huge-line-(\d+)$/, (characters = 1) => fault({ kind: 'huge-line', characters })],
  [/^slices-(\d+)$/, (bytes = 1) => fault({ kind: 'slices', bytes: Math.max(1, bytes) })],
  [/^crlf$/, () => fault({ kind: 'framing', lineEnding: '\r\n' })],
  [/^cr$/, () => fault({ kind: 'framing', lineEnding: '\r' })],
  [/^no-space$/, () => fault({ kind: 'framing', noSpace: true })],
  [/^bom$/, () => fault({ kind: 'framing', byteOrderMark: true })],
  [/^many-lines$/, () => fault({ kind: 'framing', manyLines: true })],
  [/^html-type$/, () => fault({ kind: 'content-type', value: 'text/html' })],
  [/^ok-error$/, () => fault({ kind: 'ok-error' })],
  [/^empty-body$/, () => fault({ kind: 'empty-body' })],
  [/^redirect$/, () => fault({ kind: 'redirect' })],
  [/^redirect-(30\d)$/, (status = 302) => fault({ kind: 'redirect', status })],
  [/^gzip$/, () => fault({ kind: 'gzip' })],
  [/^gzip-bomb-(\d+)$/, (bytes = 0) => fault({ kind: 'gzip-bomb', bytes })],
  [/^idle-close-(\d+)$/, (afterMs = 0) => fault({ kind: 'idle-close', afterMs })],
  [/^reset-on-reuse$/, () => fault({ kind: 'reset-on-reuse' })],
  [/^no-prefill$/, () => fault({ kind: 'no-prefill' })],

  [/^reasoning$/, () => ({ reasoning: 'The wall thinks it over.' })],
  [/^refusal$/, () => ({ refusal: 'The wall would rather not.' })],
  [/^filter$/, () => ({ finishReason: 'content_filter' })],
  [/^tools-(\d+)$/, (count = 1) => ({ toolCalls: weatherCalls(count) })],
  [/^interleaved$/, () => ({ toolCallStyle: 'interleaved' })],
  [/^without-index$/, () => ({ toolCallStyle: 'without-index' })],
  [/^whole-calls$/, () => ({ toolCallStyle: 'whole' })],
]

/** The plan that a name says, or null when it is not one. */
export function planFromName(written: string): Plan | null {
  const name = written.replace(/^wall\//, '').replace(/^fault=/, '')
  const bench = benchPlan(name)
  if (bench) return bench
  let plan: Plan = { name }
  for (const term of name.split('+')) {
    const part = planOfTerm(term)
    if (!part) return null
    const faults = [...faultsOf(plan.fault), ...faultsOf(part.fault)]
    plan = { ...plan, ...part, ...(faults.length > 0 ? { fault: faults } : {}) }
  }
  return withRoom(plan)
}

function planOfTerm(term: string): Plan | null {
  for (const [pattern, make] of TERMS) {
    const match = pattern.exec(term)
    if (match) return make(...match.slice(1).map(Number))
  }
  return null
}

/** Enough text for every place that a fault names. */
function withRoom(plan: Plan): Plan {
  if (plan.tokens !== undefined || plan.toolCalls) return plan
  const places = faultsOf(plan.fault).flatMap((one) =>
    'after' in one && typeof one.after === 'number' ? [one.after] : [],
  )
  return places.length > 0 ? { ...plan, tokens: Math.max(...places) + ROOM_TOKENS } : plan
}

function weatherCalls(count: number): NonNullable<Plan['toolCalls']> {
  const cities = ['Oslo', 'Rome', 'Quito', 'Perth']
  return Array.from({ length: count }, (_, index) => ({
    name: 'get_weather',
    arguments: { city: cities[index % cities.length] ?? 'Oslo' },
  }))
}
