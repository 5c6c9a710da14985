import type { FastifyReply, FastifyRequest } from 'fastify'

type Row = Readonly<Record<string, unknown>>

/** Sends a list as `{ data, next_cursor }`, or as JSONL or CSV when `accept` asks for it; those name the next page in `link`. */
export function sendRows(
  request: FastifyRequest,
  reply: FastifyReply,
  rows: readonly Row[],
  nextCursor: string | null,
): FastifyReply | { readonly data: readonly Row[]; readonly next_cursor: string | null } {
  const accept = request.headers.accept ?? ''
  if (nextCursor !== null) reply.header('link', `<${nextUrl(request.url, nextCursor)}>; rel="next"`)
  if (accept.includes('application/x-ndjson')) {
    return reply.type('application/x-ndjson').send(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }
  if (accept.includes('text/csv')) return reply.type('text/csv; charset=utf-8').send(csv(rows))
  return { data: rows, next_cursor: nextCursor }
}

/** Rows as CSV with a head line. Text that a spreadsheet would run as a formula is defused with a quote mark. */
export function csv(rows: readonly Row[]): string {
  const [first] = rows
  if (!first) return ''
  const names = Object.keys(first)
  const lines = rows.map((row) => names.map((name) => cell(row[name])).join(','))
  return `${[names.join(','), ...lines].join('\r\n')}\r\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function nextUrl(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('cursor', cursor)
  return `${path}?${parameters}`
}
