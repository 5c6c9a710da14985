import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Cell, Output } from '../output.ts'
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
    fact('trace', `${text(id)}, ${text(at)}`),
    fact('status', `${text(status)}${code === null ? '' : ` (${text(code)})`}, $${text(cost)}`),
    ...(route === null
      ? []
      : [fact('route', `${text(route)}${fallback === null ? '' : `, because of ${text(fallback)}`}`)]),
  ]
  const attempts = objectsIn(trace.attempts).filter(({ deployment }) => deployment !== null)
  const tried = table(
    output,
    'what was tried',
    ['deployment', 'status', 'error', 'tokens in', 'tokens out', 'USD', 'ms'],
    attempts.map((row) => [
      text(row.deployment),
      text(row.status),
      text(row.error_code),
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
  if (isObject(chosen)) lines.push(fact('served by', output.styled('green', text(chosen.deployment))))
  if (isObject(refusal)) {
    lines.push(fact('refused', output.styled('red', `${text(refusal.code)} (HTTP ${text(refusal.status)})`)))
    lines.push(fact('', text(refusal.message)))
  }
  if (isObject(waits)) {
    const when = waits.room_in_ms === null ? '' : `; there is room in ${text(waits.room_in_ms)} ms`
    lines.push(fact('waits', `for ${text(waits.for)}, at most ${text(waits.up_to_ms)} ms${when}`))
  }
  if (isObject(told.context)) {
    const said = Object.entries(told.context).map(([name, value]) => `${name}=${text(value)}`)
    lines.push(fact('the call', said.join(' ')))
  }
  const ignored = Array.isArray(told.ignored) ? told.ignored : []
  if (ignored.length > 0) lines.push(fact('ignored', ignored.map(text).join(', ')))
  return lines
}

function decisionLines(told: JsonObject, output: Output): readonly string[] {
  const { rule, downgraded, fallback, estimate } = told
  const lines: string[] = []
  if (isObject(rule)) lines.push(fact('rule', text(rule.text)))
  if (isObject(downgraded)) {
    lines.push(fact('downgraded', `${text(downgraded.from)} -> ${text(downgraded.to)}: ${text(downgraded.reason)}`))
  }
  if (isObject(fallback)) {
    const lesser = fallback.downgrade === true ? ', which is of lower quality' : ''
    lines.push(fact('fallback', `${text(fallback.from)} -> ${text(fallback.to)}${lesser}: ${text(fallback.reason)}`))
  }
  if (isObject(estimate) && estimate.cost_usd !== null) {
    const { input_tokens: tokensIn, output_tokens: tokensOut, cost_usd: cost } = estimate
    lines.push(fact('estimate', `${text(tokensIn)} tokens in, at most ${text(tokensOut)} out, at most $${text(cost)}`))
  }
  for (const { parameter, asked, used, by } of objectsIn(told.adjustments)) {
    // The cap that a model has of itself stands with the candidates.
    if (asked !== null)
      lines.push(fact('changed', `${text(parameter)} ${text(asked)} -> ${text(used)}, by ${text(by)}`))
    else if (by !== 'default') lines.push(fact('set', `${text(parameter)} ${text(used)}, by ${text(by)}`))
  }
  const rules = objectsIn(told.rules)
  if (rules.length > 0) lines.push('', output.styled('bold', 'rules, in order'))
  for (const { matched, text: what, why } of rules) {
    const mark = matched === true ? output.styled('green', '✓') : output.styled('dim', '✗')
    lines.push(`  ${mark} ${text(what)}${why === null ? '' : `  (${text(why)})`}`)
  }
  const candidates = objectsIn(told.candidates).map((one): readonly Cell[] => [
    one.taken === true ? '✓' : '✗',
    text(one.deployment),
    text(one.logical),
    text(one.reason),
    usd(one.estimated_cost_usd),
    number(one.p95_ms),
    text(one.detail),
  ])
  const limits = objectsIn(told.limits).map((one): readonly Cell[] => [
    one.has_room === true ? '✓' : '✗',
    scopeText(one.scope, one.match),
    text(one.unit),
    text(one.window),
    ...[one.limit, one.used, one.held, one.left, one.needed].map(number),
    text(one.outcome),
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

/** Names come from callers: what would move a terminal's cursor or look like other text is shown as `?`. */
function text(value: unknown): string {
  const shown = value === null || value === undefined ? '–' : String(value)
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
