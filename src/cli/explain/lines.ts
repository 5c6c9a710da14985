import { isObject, type JsonObject } from '../../lib/json.ts'
import { type Cell, type Output, shownText } from '../output.ts'
import { scopeText } from '../scope-text.ts'

/*
 * An explanation, or the decision of a call that was made, as a person reads it.
 */

/** What would become of a call. */
export function explanationLines(told: JsonObject, output: Output): readonly string[] {
  return [...verdictLines(told, output), ...decisionLines(told, output)]
}

/** What became of a call, and why. */
export function traceLines(trace: JsonObject, output: Output): readonly string[] {
  const { decision, trace_id: id, status, error_code: code, route, fallback, cost_usd: cost, created_at: at } = trace
  const facts = [
    fact('trace', `${shownText(id)}, ${shownText(at)}`),
    fact('status', `${shownText(status)}${code === null ? '' : ` (${shownText(code)})`}, $${shownText(cost)}`),
    ...(route === null
      ? []
      : [fact('route', `${shownText(route)}${fallback === null ? '' : `, because of ${shownText(fallback)}`}`)]),
  ]
  const attempts = objectsIn(trace.attempts).filter(({ deployment }) => deployment !== null)
  const tried = table(
    output,
    'what was tried',
    ['deployment', 'status', 'error', 'tokens in', 'tokens out', 'USD', 'ms'],
    attempts.map((row) => [
      shownText(row.deployment),
      shownText(row.status),
      shownText(row.error_code),
      number(row.input_tokens),
      number(row.output_tokens),
      usd(row.cost_usd),
      number(row.latency_ms),
    ]),
  )
  if (!isObject(decision)) return [...facts, ...tried, '', 'It was refused before anything was decided.']
  return [...facts, ...tried, ...decisionLines(decision, output)]
}

function verdictLines(told: JsonObject, output: Output): readonly string[] {
  const { chosen, refusal, waits } = told
  const lines: string[] = []
  if (isObject(chosen)) lines.push(fact('served by', output.styled('green', shownText(chosen.deployment))))
  if (isObject(refusal)) {
    lines.push(fact('refused', output.styled('red', `${shownText(refusal.code)} (HTTP ${shownText(refusal.status)})`)))
    lines.push(fact('', shownText(refusal.message)))
  }
  if (isObject(waits)) {
    const when = waits.room_in_ms === null ? '' : `; there is room in ${shownText(waits.room_in_ms)} ms`
    lines.push(fact('waits', `for ${shownText(waits.for)}, at most ${shownText(waits.up_to_ms)} ms${when}`))
  }
  if (isObject(told.context)) {
    const said = Object.entries(told.context).map(([name, value]) => `${name}=${shownText(value)}`)
    lines.push(fact('the call', said.join(' ')))
  }
  const ignored = Array.isArray(told.ignored) ? told.ignored : []
  if (ignored.length > 0) lines.push(fact('ignored', ignored.map(shownText).join(', ')))
  return lines
}

function decisionLines(told: JsonObject, output: Output): readonly string[] {
  const { rule, downgraded, fallback, estimate } = told
  const lines: string[] = []
  if (isObject(rule)) lines.push(fact('rule', shownText(rule.text)))
  if (isObject(downgraded)) {
    lines.push(
      fact(
        'downgraded',
        `${shownText(downgraded.from)} -> ${shownText(downgraded.to)}: ${shownText(downgraded.reason)}`,
      ),
    )
  }
  if (isObject(fallback)) {
    const lesser = fallback.downgrade === true ? ', which is of lower quality' : ''
    lines.push(
      fact(
        'fallback',
        `${shownText(fallback.from)} -> ${shownText(fallback.to)}${lesser}: ${shownText(fallback.reason)}`,
      ),
    )
  }
  if (isObject(estimate) && estimate.cost_usd !== null) {
    const { input_tokens: tokensIn, output_tokens: tokensOut, cost_usd: cost } = estimate
    lines.push(
      fact(
        'estimate',
        `${shownText(tokensIn)} tokens in, at most ${shownText(tokensOut)} out, at most $${shownText(cost)}`,
      ),
    )
  }
  for (const { parameter, asked, used, by } of objectsIn(told.adjustments)) {
    // The cap that a model has of itself stands with the candidates.
    if (asked !== null)
      lines.push(
        fact('changed', `${shownText(parameter)} ${shownText(asked)} -> ${shownText(used)}, by ${shownText(by)}`),
      )
    else if (by !== 'default')
      lines.push(fact('set', `${shownText(parameter)} ${shownText(used)}, by ${shownText(by)}`))
  }
  const rules = objectsIn(told.rules)
  if (rules.length > 0) lines.push('', output.styled('bold', 'rules, in order'))
  for (const { matched, text: what, why } of rules) {
    const mark = matched === true ? output.styled('green', '✓') : output.styled('dim', '✗')
    lines.push(`  ${mark} ${shownText(what)}${why === null ? '' : `  (${shownText(why)})`}`)
  }
  const candidates = objectsIn(told.candidates).map((one): readonly Cell[] => [
    one.taken === true ? '✓' : '✗',
    shownText(one.deployment),
    shownText(one.logical),
    shownText(one.reason),
    usd(one.estimated_cost_usd),
    number(one.p95_ms),
    shownText(one.detail),
  ])
  const limits = objectsIn(told.limits).map((one): readonly Cell[] => [
    one.has_room === true ? '✓' : '✗',
    scopeText(one.scope, one.match),
    shownText(one.unit),
    shownText(one.window),
    ...[one.limit, one.used, one.held, one.left, one.needed].map(number),
    shownText(one.outcome),
  ])
  const head = ['', 'scope', 'unit', 'window', 'limit', 'used', 'held', 'left', 'needed', 'outcome']
  return [
    ...lines,
    ...table(
      output,
      'candidates, in order',
      ['', 'deployment', 'from', 'why', 'USD at most', 'p95 ms', ''],
      candidates,
    ),
    ...table(output, 'limits', head, limits),
  ]
}

function table(output: Output, title: string, head: readonly string[], rows: readonly (readonly Cell[])[]) {
  if (rows.length === 0) return []
  return ['', output.styled('bold', title), ...output.table(head, rows).map((line) => `  ${line}`)]
}

const NAME_WIDTH = 11

function fact(name: string, value: string): string {
  return `${name.padEnd(NAME_WIDTH)}${value}`
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function number(value: unknown): Cell {
  return { right: typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 9 }) : '–' }
}

function usd(value: unknown): Cell {
  return { right: typeof value === 'number' ? value.toFixed(6) : '–' }
}
