/*
 * What goes on: the latest calls come every two seconds, sums and budgets every ten; nothing is asked while nobody looks.
 */
import { api } from './api.js'
import { barCell, cell, count, duration, element, fill, made, money } from './draw.js'
import { showTrace } from './trace.js'

const SUMS_EVERY = 5
const MOST_SPEND_ROWS = 10
const HIGH_USE = 0.8
let round = 0

/** The view of the calls. */
export const overview = {
  id: 'board',
  everyMs: 2_000,
  async refresh() {
    if (round % SUMS_EVERY === 0) await refreshSums()
    showCalls((await api('/admin/v1/traces?limit=50')).data)
    round += 1
  },
  forget() {
    round = 0
  },
}

async function refreshSums() {
  const [usage, budgets] = await Promise.all([
    api('/admin/v1/usage?group_by=tenant,feature'),
    api('/admin/v1/budgets?limit=100'),
  ])
  showSpend(usage.data)
  showBudgets(budgets.data)
}

function showSpend(usage) {
  const total = (name) => usage.reduce((sum, row) => sum + row[name], 0)
  const cost = total('cost_usd')
  element('figure-cost').textContent = `$${money(cost)}`
  element('figure-calls').textContent = count(total('calls'))
  element('figure-tokens').textContent = count(total('input_tokens') + total('output_tokens'))
  element('figure-tenants').textContent = count(new Set(usage.map((row) => row.tenant_id)).size)
  const dearest = usage.toSorted((one, other) => other.cost_usd - one.cost_usd)
  fill(element('spend'), dearest.slice(0, MOST_SPEND_ROWS), (row, group) => {
    cell(row, group.tenant_id)
    cell(row, group.feature)
    cell(row, count(group.calls), 'number')
    cell(row, count(group.input_tokens), 'number')
    cell(row, count(group.output_tokens), 'number')
    cell(row, money(group.cost_usd), 'number')
    barCell(row, cost === 0 ? 0 : group.cost_usd / cost, `share of ${group.tenant_id} ${group.feature}`)
  })
  const more = element('more-spend')
  more.hidden = dearest.length <= MOST_SPEND_ROWS
  more.textContent = `and ${count(dearest.length - MOST_SPEND_ROWS)} more: headgate usage lists all.`
}

function showBudgets(budgets) {
  element('no-budgets').hidden = budgets.length > 0
  fill(element('budgets'), budgets, (row, budget) => {
    const match = Object.entries(budget.match).map(([name, value]) => `, ${name} ${value} only`)
    const scope = Object.entries(budget.scope).map(([name, value]) => (value === true ? name : `${name} ${value}`))
    cell(row, scope.join(', ') + match.join(''))
    cell(row, budget.window)
    for (const name of ['limit', 'spent', 'held', 'left']) cell(row, money(budget[name]), 'number')
    const used = budget.limit === 0 ? 1 : (budget.spent + budget.held) / budget.limit
    barCell(row, used, `used of ${scope.join(', ')} a ${budget.window}`, HIGH_USE)
    cell(row, new Date(budget.resets_at).toLocaleString())
  })
}

function showCalls(calls) {
  element('no-calls').hidden = calls.length > 0
  const focused = document.activeElement?.dataset.trace
  fill(element('calls'), calls, (row, call) => {
    cell(row, new Date(call.created_at).toLocaleTimeString())
    cell(row, call.tenant_id)
    cell(row, call.feature)
    cell(row, call.model ?? call.requested_model)
    cell(row, '').append(made('span', call.error_code ?? call.status, `status ${call.status}`))
    cell(row, duration(call.ttft_ms), 'number')
    cell(row, duration(call.latency_ms), 'number')
    cell(row, money(call.cost_usd), 'number')
    const button = made('button', 'why', 'small')
    button.type = 'button'
    button.title = 'Why this model? The decision, its candidates, and where the time went.'
    button.dataset.trace = call.trace_id
    button.addEventListener('click', () => showTrace(call.trace_id))
    cell(row, '').append(button)
    // Rows are drawn anew; whoever stands on one with the keyboard stays there.
    if (call.trace_id === focused) queueMicrotask(() => button.focus({ preventScroll: true }))
  })
}
