import type { Transport } from '../execution/transport.ts'
import type { Post } from '../lib/signed-post.ts'
import type { Endpoint } from '../providers/deployment.ts'

const TIMEOUTS = { connectMs: 5_000, firstByteMs: 10_000, firstTokenMs: 10_000, idleMs: 5_000, totalMs: 15_000 }
const KEPT = 100

/**
 * Posts to the operator's own webhooks through the one way out: its sockets, its clocks, no redirects. The URL is the operator's word and may be
 * private; it never comes from a caller.
 */
export function webhookPost(transport: Transport): Post {
  const endpoints = new Map<string, Endpoint>()

  function endpointOf(url: string): Endpoint {
    const known = endpoints.get(url)
    if (known) return known
    if (endpoints.size >= KEPT) endpoints.clear()
    const endpoint: Endpoint = {
      provider: 'webhook',
      type: 'webhook',
      dialects: [],
      baseUrl: url,
      auth: { kind: 'none' },
      apiKey: null,
      headers: {},
      timeouts: TIMEOUTS,
      quirks: {},
      abortStopsBilling: false,
      region: null,
      simulated: false,
    }
    endpoints.set(url, endpoint)
    return endpoint
  }

  return async (url, headers, body) => {
    const { signal } = new AbortController()
    const call = { endpoint: endpointOf(url), path: '', headers, body, timeouts: TIMEOUTS, signal }
    const reply = await transport.send(call)
    // What a webhook has to say beyond its status is of no interest.
    reply.body.abort()
    return { status: reply.status }
  }
}
