import { api } from './api.js'
import { count, duration, element, made, money } from './draw.js'

/** Shows one exchange: what it was, where its time went and why its model was chosen. */
export async function showTrace(id) {
  const trace = await api(`/admin/v1/traces/${encodeURIComponent(id)}`)
  const { spans, decision } = trace
  element('trace-facts').replaceChildren(...factsOf(trace))
  const times = spans.map((span) => [Date.parse(span.start), Date.parse(span.end)])
  const begin = Math.min(...times.map(([start]) => start))
  const length = Math.max(1, Math.max(...times.map(([, end]) => end)) - begin)
  element('trace-spans').replaceChildren(...spans.map((span, index) => spanRow(span, times[index], begin, length)))
  const candidates = (decision?.candidates ?? []).map((one) => {
    const { deployment, taken, reason, detail } = one
    return made(
      'li',
      `${taken ? '✓' : '✗'} ${deployment}: ${reason}${detail ? ` (${detail})` : ''}${numbersOf(one)}`,
      taken ? 'taken' : 'skipped',
    )
  })
  const rules = (decision?.rules ?? []).map(({ text, matched, why }) =>
    made('li', `${matched ? '✓' : '✗'} ${text}${why ? ` (${why})` : ''}`, matched ? 'taken' : 'skipped'),
  )
  element('trace-why').textContent = estimateOf(decision)
  element('trace-rules').replaceChildren(...rules)
  const why = candidates.length > 0 ? candidates : [made('li', 'The call ended before a model was chosen.')]
  element('trace-candidates').replaceChildren(...why)
  element('trace-json').textContent = JSON.stringify(trace, null, 2)
  element('trace').showModal()
}

/** What the decision expected, in words; nothing when there was none. */
function estimateOf(decision) {
  const { rule, estimate } = decision ?? {}
  const by = rule ? `Decided by ${rule.text}.` : ''
  if (!estimate) return by
  const { input_tokens: input, output_tokens: output, cost_usd: cost } = estimate
  return `${by} Expected at most: ${count(input)} tokens in, ${count(output)} out, $${money(cost)}.`
}

/** What a candidate could cost, and how long it took lately. */
function numbersOf({ estimated_cost_usd: cost, p95_ms: p95 }) {
  const slow = typeof p95 === 'number' ? `, 95 of 100 within ${duration(p95)}` : ''
  return typeof cost === 'number' ? `, at most $${money(cost)}${slow}` : slow
}

function factsOf(trace) {
  const sum = (name) => trace.attempts.reduce((total, attempt) => total + attempt[name], 0)
  const facts = [
    ['Trace', trace.trace_id],
    ['Tenant', trace.tenant_id],
    ['User', trace.user_id],
    ['Feature', trace.feature],
    ['Asked for', trace.requested_model],
    ['Answered by', trace.model],
    ['Route', trace.route],
    ['Rule', trace.decision?.rule.text],
    ['Fallback', trace.fallback],
    ['Downgraded', trace.decision?.downgraded?.reason],
    ['Status', trace.error_code ?? trace.status],
    ['Tokens', `${count(sum('input_tokens'))} in, ${count(sum('output_tokens'))} out`],
    ['Cost', `$${money(trace.cost_usd)}`],
    ['Time', `${duration(trace.ttft_ms)} to the first token, ${duration(trace.latency_ms)} in all`],
    ['Flags', [...trace.flags, ...trace.dropped.map((path) => `dropped ${path}`)].join(', ')],
  ]
  return facts
    .filter(([, value]) => value)
    .map(([name, value]) => {
      const fact = made('div')
      fact.append(made('dt', name), made('dd', value))
      return fact
    })
}

function spanRow(span, [start, end], begin, length) {
  const row = made('div', '', 'span')
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  bar.setAttribute('x', `${(100 * (start - begin)) / length}%`)
  bar.setAttribute('width', `${Math.max(0.5, (100 * (end - start)) / length)}%`)
  bar.setAttribute('height', '100%')
  bar.setAttribute('class', span.status)
  svg.append(bar)
  row.append(made('span', span.name), svg, made('small', duration(Math.round(end - start))))
  return row
}
