/*
 * The console: asks the admin API and shows what it says. Everything that came from outside (tenants, features, models, errors) is set as
 * text, never as markup.
 */

const REFRESH_MS = 4_000
const element = (id) => document.getElementById(id)
let timer = 0

async function api(path, options) {
  const reply = await fetch(path, { ...options, headers: { 'content-type': 'application/json' } })
  if (reply.status === 401 || reply.status === 403) throw new SignedOut()
  if (!reply.ok) throw new Error((await reply.json().catch(() => null))?.error?.message ?? `HTTP ${reply.status}`)
  return reply.status === 204 ? null : reply.json()
}

class SignedOut extends Error {}

function cell(row, text, className = '') {
  const td = row.insertCell()
  td.textContent = text
  td.className = className
  return td
}

const money = (usd) => (usd === 0 ? '0' : usd < 0.01 ? usd.toFixed(6) : usd.toFixed(4))
const count = (number) => number.toLocaleString('en')
const duration = (ms) => (ms === null ? '–' : ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`)

function fill(table, rows, draw) {
  const body = table.tBodies[0]
  body.replaceChildren()
  for (const item of rows) draw(body.insertRow(), item)
}

async function refresh() {
  try {
    const [usage, calls] = await Promise.all([
      api('/admin/v1/usage?group_by=tenant,feature'),
      api('/admin/v1/traces?limit=50'),
    ])
    show(usage.data, calls.data)
    element('state').textContent = `as of ${new Date().toLocaleTimeString()}`
  } catch (error) {
    if (error instanceof SignedOut) return signedOut()
    element('state').textContent = `The gateway does not answer: ${error.message}`
  }
  clearTimeout(timer)
  timer = setTimeout(refresh, REFRESH_MS)
}

function show(usage, calls) {
  element('sign-in').hidden = true
  element('board').hidden = false
  element('sign-out').hidden = false
  const total = (name) => usage.reduce((sum, row) => sum + row[name], 0)
  element('figure-cost').textContent = `$${money(total('cost_usd'))}`
  element('figure-calls').textContent = count(total('calls'))
  element('figure-tokens').textContent = count(total('input_tokens') + total('output_tokens'))
  const most = Math.max(...usage.map((row) => row.cost_usd), 0)
  const dearest = usage.toSorted((one, other) => other.cost_usd - one.cost_usd)
  fill(element('spend'), dearest, (row, group) => {
    cell(row, group.tenant_id)
    cell(row, group.feature)
    cell(row, count(group.calls), 'number')
    cell(row, count(group.input_tokens), 'number')
    cell(row, count(group.output_tokens), 'number')
    cell(row, money(group.cost_usd), 'number')
    const bar = document.createElement('progress')
    bar.max = most || 1
    bar.value = group.cost_usd
    bar.setAttribute('aria-label', `${group.tenant_id} ${group.feature}`)
    cell(row, '', 'bar').append(bar)
  })
  element('no-calls').hidden = calls.length > 0
  fill(element('calls'), calls, (row, call) => {
    cell(row, new Date(call.created_at).toLocaleTimeString())
    cell(row, call.tenant_id)
    cell(row, call.feature)
    cell(row, call.model ?? call.requested_model)
    cell(row, call.error_code ?? call.status, call.status)
    cell(row, duration(call.ttft_ms), 'number')
    cell(row, duration(call.latency_ms), 'number')
    cell(row, money(call.cost_usd), 'number')
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = 'show'
    button.addEventListener('click', () => showTrace(call.trace_id))
    cell(row, '').append(button)
  })
}

async function showTrace(id) {
  const trace = await api(`/admin/v1/traces/${encodeURIComponent(id)}`)
  const { spans, ...rest } = trace
  const times = spans.map((span) => [Date.parse(span.start), Date.parse(span.end)])
  const begin = Math.min(...times.map(([start]) => start))
  const length = Math.max(1, Math.max(...times.map(([, end]) => end)) - begin)
  element('trace-spans').replaceChildren(...spans.map((span, index) => spanRow(span, times[index], begin, length)))
  element('trace-json').textContent = JSON.stringify(rest, null, 2)
  element('trace').showModal()
}

function spanRow(span, [start, end], begin, length) {
  const row = document.createElement('div')
  row.className = 'span'
  const name = document.createElement('span')
  name.textContent = span.name
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  bar.setAttribute('x', `${(100 * (start - begin)) / length}%`)
  bar.setAttribute('width', `${Math.max(0.5, (100 * (end - start)) / length)}%`)
  bar.setAttribute('height', '100%')
  svg.append(bar)
  const took = document.createElement('small')
  took.textContent = duration(end - start)
  row.append(name, svg, took)
  return row
}

function signedOut() {
  clearTimeout(timer)
  element('board').hidden = true
  element('sign-out').hidden = true
  element('sign-in').hidden = false
  element('state').textContent = ''
}

element('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault()
  const key = element('admin-key')
  element('sign-in-error').textContent = ''
  try {
    await api('/admin/v1/session', { method: 'POST', body: JSON.stringify({ admin_key: key.value }) })
    key.value = ''
    await refresh()
  } catch (error) {
    element('sign-in-error').textContent = error instanceof SignedOut ? 'That key is not an admin key.' : error.message
  }
})

element('sign-out').addEventListener('click', async () => {
  await api('/admin/v1/session', { method: 'DELETE' }).catch(() => null)
  signedOut()
})

refresh()
