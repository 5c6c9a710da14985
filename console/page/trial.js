/*
 * What a changed policy would do to calls that were made: figures, bars and the calls that change.
 */
import { cell, count, duration, element, fill, made, money, percent } from './draw.js'
import { showTrace } from './trace.js'

const SVG = 'http://www.w3.org/2000/svg'

/** Shows what differs between two policies, value by value. */
export function showChanges(list, changes) {
  const items = changes.map(({ path, before, after }) => {
    const item = made('li')
    item.append(made('code', path))
    if (before !== null) item.append(made('del', JSON.stringify(before)))
    if (after !== null) item.append(made('ins', JSON.stringify(after)))
    return item
  })
  list.replaceChildren(...(items.length > 0 ? items : [made('li', 'Nothing.')]))
}

/** Shows a simulation; `changed` are the first of the calls that change. */
export function showTrial(result, changed) {
  const { requests, changed_requests: many, before, after } = result
  element('trial-sum').textContent =
    requests === 0
      ? 'No call could be decided again.'
      : `${count(requests)} calls decided again by both policies; ${count(many)} change. Nobody was called.`
  element('trial-notes').replaceChildren(...notesOf(result).map((note) => made('li', note)))
  element('trial-figures-part').hidden = requests === 0
  element('trial-changed-part').hidden = many === 0
  fill(element('trial-figures'), figuresOf(result), (row, [name, ...values]) => {
    cell(row, name)
    for (const value of values) cell(row, value, 'number')
  })
  const calls = (number) => `${count(number)} (${percent(number / requests)})`
  element('trial-plot').replaceChildren(
    made('p', 'The upper bar is before, the lower one after.', 'hint'),
    ...barsOf('Calls by model', pairs(before.models, after.models), calls),
    ...barsOf('Cost in USD', [['all calls', before.cost_usd, after.cost_usd]], money),
    ...barsOf('Refusals', pairs(before.refusals, after.refusals), calls),
  )
  fill(element('trial-changed'), changed, (row, one) => {
    cell(row, one.created_at ? new Date(one.created_at).toLocaleString() : '')
    cell(row, one.tenant_id)
    cell(row, one.requested_model)
    cell(row, one.before.model ?? one.before.refusal)
    cell(row, one.after.model ?? one.after.refusal)
    cell(row, one.reason, 'long')
    const button = made('button', 'show', 'small')
    button.type = 'button'
    button.addEventListener('click', () => showTrace(one.trace_id))
    cell(row, '').append(button)
  })
  const more = element('trial-more')
  more.hidden = many <= changed.length
  more.textContent = `and ${count(many - changed.length)} more: headgate simulate lists all.`
}

function notesOf({ left_out: leftOut, assumed, drift, not_replayed: notReplayed, ignored }) {
  const notes = Object.entries(leftOut).map(([why, many]) => `Left out: ${count(many)}, ${why}.`)
  for (const [attribute, one] of Object.entries(assumed)) {
    const costs = Object.entries(one.after_cost_usd).map(([value, cost]) => `$${money(cost)} if ${value}`)
    notes.push(
      `${count(one.requests)} do not say their ${attribute}, which a rule asks: counted as ${one.counted_as}. They cost $${money(one.before_cost_usd)} before, and after it ${costs.join(', ')}.`,
    )
  }
  if (drift > 0) {
    notes.push(
      `${count(drift)} were decided otherwise when they were made: policy, prices or latencies were other then.`,
    )
  }
  if (notReplayed.length > 0) notes.push(`Changed and not in these figures: ${notReplayed.join(', ')}.`)
  if (ignored.length > 0) notes.push(`No policy, and not looked at: ${ignored.join(', ')}.`)
  return notes
}

function figuresOf({ recorded, before, after }) {
  const sum = (counts) => Object.values(counts).reduce((total, one) => total + one, 0)
  const row = (name, then, one, other, shown) => {
    const change = typeof one === 'number' && one > 0 && typeof other === 'number' ? signed((other - one) / one) : ''
    return [name, then === null ? '' : shown(then), shown(one), shown(other), change]
  }
  const estimates = before.estimated_cost_usd + after.estimated_cost_usd > 0
  return [
    row('Cost in USD', recorded.cost_usd, before.cost_usd, after.cost_usd, money),
    ...(estimates
      ? [row('and at most, without usage', null, before.estimated_cost_usd, after.estimated_cost_usd, money)]
      : []),
    row('Latency, median', null, before.latency.p50_ms, after.latency.p50_ms, duration),
    row('Latency, 95th of 100', null, before.latency.p95_ms, after.latency.p95_ms, duration),
    row('Refused', sum(recorded.refusals), sum(before.refusals), sum(after.refusals), count),
    row('Nobody to fall back to', null, before.fallbacks[0] ?? 0, after.fallbacks[0] ?? 0, count),
    row('Answers that would be cut', null, before.shorter_answers, after.shorter_answers, count),
  ]
}

const signed = (share) => `${share > 0 ? '+' : ''}${percent(share)}`

/** Names of either side with both values, the largest first. */
function pairs(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.map((name) => [name, before[name] ?? 0, after[name] ?? 0])
}

/** A heading and, for each name, a bar of before over a bar of after. Nothing when there is nothing to compare. */
function barsOf(title, rows, shown) {
  if (rows.length === 0) return []
  const most = Math.max(...rows.flatMap(([, before, after]) => [before, after])) || 1
  const bars = rows.map(([name, before, after]) => {
    const row = made('div', '', 'pair')
    const svg = document.createElementNS(SVG, 'svg')
    svg.setAttribute('role', 'img')
    svg.setAttribute('aria-label', `${name}: ${shown(before)} before, ${shown(after)} after`)
    svg.append(bar(before / most, '0', 'before'), bar(after / most, '54%', 'after'))
    row.append(made('span', name), svg, made('small', `${shown(before)} → ${shown(after)}`))
    return row
  })
  return [made('h3', title), ...bars]
}

function bar(share, y, className) {
  const rect = document.createElementNS(SVG, 'rect')
  rect.setAttribute('y', y)
  rect.setAttribute('width', `${100 * share}%`)
  rect.setAttribute('height', '46%')
  rect.setAttribute('class', className)
  return rect
}
