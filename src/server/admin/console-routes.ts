import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyInstance } from 'fastify'

const PAGE = new URL('../../../console/page/', import.meta.url)

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Nothing but our own files runs; nothing frames the page; text from prompts and tenants is never taken for code. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** One page; its address says what it shows. */
const VIEWS = ['/console', '/console/policy']

/** `/console`: the page with the latest calls and the spend by tenant and feature. It asks the admin API with a session. */
export function registerConsole(app: FastifyInstance): void {
  for (const file of readdirSync(PAGE)) {
    const type = TYPES[extname(file)]
    if (type === undefined) continue
    const content = readFileSync(new URL(file, PAGE))
    for (const path of file === 'index.html' ? VIEWS : [`/console/${file}`]) {
      app.get(path, (_request, reply) => reply.headers(HEADERS).type(type).send(content))
    }
  }
  for (const path of ['/', '/console/', '/console/overview']) {
    app.get(path, (_request, reply) => reply.redirect('/console', 302))
  }
}
