/*
 * How commands talk to a running gateway: the only place of the command line that opens connections, and only to the gateway that the operator
 * names. What can go wrong on the way is said in words that tell what to do.
 */
import { ERRORS, type ErrorCode } from '../errors/codes.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { isObject, type JsonObject, parseJson } from '../lib/json.ts'
import type { GatewayAddress } from './gateway-flags.ts'
import { UserError } from './user-error.ts'

/** One request to a gateway. */
export interface GatewayRequest {
  /** GET, or POST when there is a body. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Ends the request; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** The admin API of a running gateway. Rejects with UserError when it cannot be reached, GatewayError when it refuses. */
export interface AdminClient {
  get(path: string, query?: Readonly<Record<string, string>>): Promise<JsonObject>
  /** A list as text of another media type. */
  getText(path: string, query: Readonly<Record<string, string>>, accept: string): Promise<string>
  /** All rows of a list, page by page. */
  list(path: string): Promise<readonly JsonObject[]>
  post(path: string, body: JsonObject, headers?: Readonly<Record<string, string>>): Promise<JsonObject>
  /** The lines of a reply that comes bit by bit (JSONL), as they come. */
  postLines(path: string, body: JsonObject): AsyncIterable<JsonObject>
  /** What the reply says; empty when it says nothing. */
  delete(path: string, body?: JsonObject): Promise<JsonObject>
}

const TIMEOUT_MS = 30_000
const PAGE_ROWS = '1000'

/** A client of the admin API. Throws UserError when no admin key was given. */
export function createAdminClient(address: GatewayAddress): AdminClient {
  const { adminKey, url } = address
  if (adminKey === null) {
    throw new UserError(
      'this needs an admin key: set HEADGATE_ADMIN_KEY, or name a file that holds it with --admin-key-file. `headgate serve` prints one at its first start',
      2,
    )
  }
  const authorization = `Bearer ${adminKey}`

  async function ask(path: string, request: GatewayRequest = {}): Promise<{ text: string; value: JsonObject }> {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const headers = { ...request.headers, authorization }
    const reply = await sendToGateway(url, path, { ...request, headers, signal })
    const text = await reply.text()
    if (!reply.ok) throw refusal(reply, text, url)
    if (request.headers?.accept !== undefined || reply.status === 204) return { text, value: {} }
    const value = parseJson(text)
    if (!isObject(value)) throw noGateway(url, reply.status)
    return { text, value }
  }

  const withQuery = (path: string, query: Readonly<Record<string, string>> = {}): string =>
    Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query)}`

  return {
    get: async (path, query) => (await ask(withQuery(path, query))).value,
    getText: async (path, query, accept) => (await ask(withQuery(path, query), { headers: { accept } })).text,
    async list(path) {
      const rows: JsonObject[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: JsonObject = (await ask(withQuery(path, { limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) }))).value
        rows.push(...rowsOf(page))
        cursor = typeof page.next_cursor === 'string' ? page.next_cursor : null
      }
      return rows
    },
    post: async (path, body, headers = {}) => (await ask(path, { body, headers })).value,
    async *postLines(path, body) {
      const headers = { authorization, accept: 'application/x-ndjson' }
      const reply = await sendToGateway(url, path, { headers, body })
      if (!reply.ok || !reply.body) throw refusal(reply, await reply.text(), url)
      yield* linesOf(reply.body)
    },
    delete: async (path, body) =>
      (await ask(path, { method: 'DELETE', ...(body === undefined ? {} : { body }) })).value,
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<JsonObject> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const value = parseJson(line)
      if (isObject(value)) yield value
    }
  }
}

/** The rows of a list's reply. */
export function rowsOf(page: JsonObject): readonly JsonObject[] {
  return Array.isArray(page.data) ? page.data.filter(isObject) : []
}

/** Sends one request to a gateway. Rejects with UserError, in words, when there is no reply. */
export async function sendToGateway(url: string, path: string, request: GatewayRequest): Promise<Response> {
  const { body, headers = {}, signal } = request
  try {
    return await fetch(url + path, {
      method: request.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      // A gateway does not send its operators elsewhere; whoever does is none, and gets no key.
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    if (signal?.aborted && !isTimeout(signal.reason)) throw error
    throw unreachable(error, url)
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

function unreachable(error: unknown, url: string): UserError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const another = 'name another with --url'
  if (code === 'ECONNREFUSED')
    return new UserError(`no gateway answers at ${url}; start one with headgate serve, or ${another}`)
  if (code === 'ENOTFOUND') return new UserError(`the host of ${url} is not known; ${another}`)
  if (isTimeout(error))
    return new UserError(`${url} has not answered for ${TIMEOUT_MS / 1000} s; try again, or ${another}`)
  const reason = code || (cause instanceof Error ? cause.message : String(cause))
  return new UserError(`${url} cannot be reached (${reason}); ${another}`)
}

/** What a refused request means. */
function refusal(reply: Response, text: string, url: string): Error {
  const code = reply.headers.get('x-headgate-error') ?? ''
  if (!isErrorCode(code)) return noGateway(url, reply.status)
  const body = parseJson(text)
  const error = isObject(body) && isObject(body.error) ? body.error : {}
  const message = typeof error.message === 'string' ? error.message : `HTTP ${reply.status}`
  if (code === 'invalid_api_key') {
    const [why = message] = message.split('. ')
    const check = 'check HEADGATE_ADMIN_KEY or --admin-key-file'
    return new GatewayError(code, `the gateway at ${url} does not take this admin key (${why}); ${check}`)
  }
  return new GatewayError(code, message, typeof error.param === 'string' ? { param: error.param } : {})
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text)
}

function noGateway(url: string, status: number): UserError {
  return new UserError(`what answers at ${url} is no Headgate gateway (HTTP ${status}); name another with --url`)
}
