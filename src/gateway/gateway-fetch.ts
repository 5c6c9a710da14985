import { dataPlane } from './data-plane.ts'
import type { Engine } from './engine.ts'
import type { HttpReply } from './http-call.ts'

/** The shape of the platform's `fetch`, as SDKs take it. */
export type FetchFunction = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/**
 * A `fetch` that ends inside this process. Only the path of the URL counts; host and scheme are whatever the SDK was given.
 * `bound` is a context that the process vouches for; null obeys `auth.mode`.
 */
export function fetchThrough(engine: () => Engine, bound: Readonly<Record<string, string>> | null): FetchFunction {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const left = new AbortController()
    const signal = AbortSignal.any([request.signal, left.signal])
    request.signal.throwIfAborted()
    const call = {
      method: request.method,
      path: url.pathname,
      query: url.search.slice(1),
      headers: Object.fromEntries(request.headers),
      body: Buffer.from(await request.arrayBuffer()),
      bound,
      signal,
    }
    const reply = await dataPlane(engine(), call)
    // An aborted `fetch` rejects, whatever the other side had to say.
    request.signal.throwIfAborted()
    return responseOf(reply, left)
  }
}

function responseOf({ status, headers, body }: HttpReply, left: AbortController): Response {
  if (typeof body === 'string' || Buffer.isBuffer(body))
    return new Response(new Uint8Array(Buffer.from(body)), { status, headers })
  const chunks = body[Symbol.asyncIterator]()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const { done, value } = await chunks.next()
        if (done) {
          controller.close()
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
