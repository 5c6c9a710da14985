/*
 * Drawing. Everything that came from outside (tenants, features, models, errors) is set as text, never as markup.
 */

/** The element with this id. */
export const element = (id) => document.getElementById(id)

/** USD, with the digits that matter: a call costs parts of a cent. */
export const money = (usd) => (usd === 0 ? '0' : usd.toFixed(usd < 1 ? 6 : 2))

/** A whole number. */
export const count = (number) => number.toLocaleString('en')

/** A share from 0 to 1. */
export const percent = (share) => `${(100 * share).toFixed(1)} %`

/** Milliseconds; a dash where there are none. */
export const duration = (ms) => (ms === null ? '–' : ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`)

/** A new element with text. */
export function made(tag, text = '', className = '') {
  const one = document.createElement(tag)
  one.textContent = text
  one.className = className
  return one
}

/** Adds a cell to a row. */
export function cell(row, text, className = '') {
  const td = row.insertCell()
  td.textContent = text
  td.className = className
  return td
}

/** Adds a cell with a bar for a share from 0 to 1, and the share in words. From `high` on it looks like trouble. */
export function barCell(row, share, label, high = Number.POSITIVE_INFINITY) {
  const bar = document.createElement('progress')
  bar.max = 1
  bar.value = Math.min(share, 1)
  bar.setAttribute('aria-label', label)
  cell(row, '', share >= high ? 'bar high' : 'bar').append(bar, made('small', percent(share)))
}

/** Draws a table's rows anew. */
export function fill(table, items, draw) {
  const body = document.createElement('tbody')
  for (const item of items) draw(body.insertRow(), item)
  table.tBodies[0].replaceWith(body)
}
