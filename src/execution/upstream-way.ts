import type { DialectName } from '../canonical/dialect-name.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { upstreamDialect } from '../dialects/registry.ts'
import type { Deployment } from '../providers/deployment.ts'

/** How a deployment is called by callers of one format: the same for every call. */
export interface UpstreamWay {
  /** The caller's format; null for calls of the library. */
  readonly inbound: DialectName | null
  readonly stream: boolean
  /** The format in which the deployment is called. */
  readonly dialect: Dialect
  /** Whether that is the caller's own. */
  readonly isRelay: boolean
  /** Below the endpoint's base URL. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

const ways = new WeakMap<Deployment, UpstreamWay[]>()

/** Found out once for each deployment, and kept as long as that. */
export function upstreamWay(deployment: Deployment, inbound: DialectName | null, stream: boolean): UpstreamWay {
  // Such a one was made for this call alone.
  if (deployment.asked) return findWay(deployment, inbound, stream)
  let known = ways.get(deployment)
  if (!known) {
    known = []
    ways.set(deployment, known)
  }
  for (const way of known) if (way.inbound === inbound && way.stream === stream) return way
  const found = findWay(deployment, inbound, stream)
  known.push(found)
  return found
}

function findWay(deployment: Deployment, inbound: DialectName | null, stream: boolean): UpstreamWay {
  const { endpoint, model, dialects } = deployment
  const dialect = upstreamDialect(dialects, inbound)
  return {
    inbound,
    stream,
    dialect,
    isRelay: inbound === dialect.name,
    // Hosts may publish a format elsewhere than its inventor does.
    path: endpoint.pathOf?.(dialect.name, { model, stream }) ?? dialect.pathOf({ model, stream }),
    headers: {
      'content-type': 'application/json',
      accept: stream ? (dialect.streamType ?? 'text/event-stream') : 'application/json',
      'accept-encoding': 'identity',
      ...endpoint.headers,
    },
  }
}
