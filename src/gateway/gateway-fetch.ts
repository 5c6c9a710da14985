import { dataPlane } from './data-plane.ts'
import type { Engine } from './engine.ts'
import type { HttpReply } from './http-call.ts'

/** The shape of the platform's `fetch`, as SDKs take it. */
export type FetchFunction = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What a `fetch` goes through to. */
export interface FetchThrough {
  readonly engine: () => Engine
  /** A context that the process vouches for; null obeys `auth.mode`. */
  readonly bound: Readonly<Record<string, string>> | null
  /** Ends all calls. */
  readonly closing: AbortSignal
}

/** A `fetch` that ends inside this process. Only the path of the URL counts; host and scheme are whatever the SDK was given. */
export function fetchThrough({ engine, bound, closing }: FetchThrough): FetchFunction {
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal } = request
    signal.throwIfAborted()
    const url = new URL(request.url)
    const left = new AbortController()
    const reply = await dataPlane(engine(), {
      method: request.method,
      path: url.pathname,
      query: url.search.slice(1),
      headers: Object.fromEntries(request.headers),
      body: await bodyOf(request),
      bound,
      signal: AbortSignal.any([signal, left.signal, closing]),
      dismiss: (why) => left.abort(why),
    })
    const response = responseOf(reply, request, left)
    // An aborted `fetch` rejects, whatever the other side had to say; a stream it had begun to say is given up.
    if (signal.aborted) await response.body?.cancel().catch(() => undefined)
    signal.throwIfAborted()
    return response
  }
}

/** The whole body. A caller who sends it slowly and leaves need not be waited for. */
async function bodyOf(request: Request): Promise<Buffer> {
  const { signal } = request
  let leave: () => void = () => undefined
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return Buffer.from(await Promise.race([request.arrayBuffer(), left]))
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

function responseOf({ status, headers, body }: HttpReply, request: Request, left: AbortController): Response {
  if (typeof body === 'string' || Buffer.isBuffer(body))
    return new Response(new Uint8Array(Buffer.from(body)), { status, headers })
  const chunks = body[Symbol.asyncIterator]()
  // The request is held on to, not its signal alone: once the request is collected its signal follows the caller's no longer.
  const aborted = () => request.signal.aborted
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const fail = () => {
        controller.error(request.signal.reason)
        void chunks.return?.()
      }
      request.signal.addEventListener('abort', fail, { once: true, signal: left.signal })
    },
    async pull(controller) {
      for (;;) {
        const { done, value } = await chunks.next()
        if (aborted()) return
        if (done) {
          controller.close()
          left.abort()
          return
        }
        if (value.length === 0) continue
        controller.enqueue(new Uint8Array(Buffer.from(value)))
        return
      }
    },
    async cancel() {
      left.abort()
      await chunks.return?.()
    },
  })
  return new Response(stream, { status, headers })
}
