import type { FallbackTrigger } from '../canonical/fallback-trigger.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deployment } from '../providers/deployment.ts'
import { answerOf, asking, deploymentOf, inboundOf, jsonOf } from './attempt-world.contract.ts'
import { execute } from './execute.ts'
import type { ExecuteAsk, Executed, PassReason } from './execute-ask.ts'
import { DEFAULT_HANDLING, type FailureHandling } from './failure-handling.ts'
import { createResilience } from './resilience.ts'
import { type Transport, TransportFailure, type UpstreamReply } from './transport.ts'

/*
 * Calls to deployments of which some are down, with a clock that is turned by hand: the pauses of retries turn it, and so do the calls.
 */

/** What a provider does with one call. */
export type Reply = () => UpstreamReply | Promise<UpstreamReply>

/** A whole answer. */
export const good: Reply = () => answerOf('Hello.')
/** A server that cannot now. */
export const down: Reply = () => jsonOf(503, { error: { message: 'busy' } })
/** An error status, with what it says and its headers. */
export const status =
  (code: number, said: object = {}, headers: Record<string, string> = {}): Reply =>
  () => ({ ...jsonOf(code, { error: { message: 'No.', ...said } }), headers })
/** A connection that breaks. */
export const broken =
  (kind: 'connect' | 'first-byte-timeout' | 'aborted', sent: boolean): Reply =>
  () =>
    Promise.reject(new TransportFailure(kind, sent, 'it is dead'))

/** Providers by name; what each does now, and how often it was called. */
export function world(replies: Record<string, Reply>, breaker = { failures: 5 as number | null }) {
  const clock: Clock & { at: number } = { at: 0, now: () => clock.at, monotonic: () => clock.at }
  const calls: string[] = []
  const pauses: number[] = []
  const transport: Transport = {
    async send({ endpoint }) {
      calls.push(endpoint.provider)
      return (replies[endpoint.provider] ?? good)()
    },
    close: async () => undefined,
  }
  const resilience = createResilience({
    clock,
    settings: () => ({ ...breaker, p95Ms: null, openForMs: 30_000 }),
    random: () => 0.5,
    pause: async (ms, signal) => {
      signal.throwIfAborted()
      pauses.push(ms)
      clock.at += ms
    },
  })
  const passed: [string, PassReason][] = []
  const attempts: string[] = []
  function call(change: Partial<ExecuteAsk> & { ids?: readonly string[] } = {}): Promise<Executed> {
    const [first = 'one/m', ...others] = change.ids ?? ['one/m', 'two/m']
    const target = (deployment: Deployment) => ({ deployment, logicalName: deployment.id, maxOutputTokens: null })
    const ask: ExecuteAsk = {
      targets: [target(deploymentOf(first)), ...others.map((id) => target(deploymentOf(id)))],
      request: asking(),
      inbound: inboundOf(null),
      promptCacheKey: undefined,
      deadlineAt: null,
      signal: new AbortController().signal,
      tenantId: 'acme',
      onDispatch: () => undefined,
      onFailed: ({ number, deployment: { id }, errorCode }) => attempts.push(`${number} ${id} ${errorCode}`),
      onPassedOver: ({ deployment: { id } }, reason) => passed.push([id, reason]),
      ...change,
    }
    return execute(ask, transport, clock, resilience)
  }
  /** A call whose books are closed as soon as it is answered. */
  async function answered(change: Parameters<typeof call>[0] = {}): Promise<Executed> {
    const executed = await call(change)
    executed.running.close('completed', null, executed.answer.summary, true)
    return executed
  }
  const refused = (change: Parameters<typeof call>[0] = {}): Promise<GatewayError> =>
    call(change).then(
      () => Promise.reject(new Error('it should have failed')),
      (error: GatewayError) => error,
    )
  return { clock, calls, pauses, passed, attempts, replies, call, answered, refused, resilience }
}

/** What is usual, but for the failures that another deployment is asked for. */
export const on = (...triggers: FallbackTrigger[]): FailureHandling => ({ ...DEFAULT_HANDLING, on: new Set(triggers) })

/** Fails once. */
export function once(reply: Reply): Reply {
  let done = false
  return () => {
    const now = done ? good : reply
    done = true
    return now()
  }
}
