import { setTimeout as sleep } from 'node:timers/promises'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { type AdminClient, createAdminClient, sendToGateway } from '../admin-client.ts'
import type { CliContext } from '../context.ts'
import { type GatewayAddress, type GatewayFlags, gatewayAddress } from '../gateway-flags.ts'
import type { Output } from '../output.ts'
import { startProgress } from '../progress.ts'
import { UserError } from '../user-error.ts'
import { type DemoReply, type DemoTarget, sendCall } from './send-call.ts'
import { type DemoCall, demoTraffic } from './traffic.ts'

/** What `demo` is told by its flags. */
export interface DemoFlags extends GatewayFlags {
  readonly requests: number
  /** Requests a second. */
  readonly rate: number
}

/** Tenants of the demo. Their names keep them apart from real ones, whose budgets are not touched. */
const TENANTS = ['demo-acme', 'demo-globex', 'demo-initech', 'demo-umbrella']
const KEY_LIFETIME_MS = 3_600_000
/** Calls that may run at once: a gateway that answers slowly is not buried. */
const MOST_AT_ONCE = 64

/** Sends the traffic and tells what came of it. */
export async function demo(context: CliContext, output: Output, flags: DemoFlags): Promise<void> {
  const address = await gatewayAddress(flags, context)
  const stop = new AbortController()
  const interrupted = () => stop.abort()
  process.once('SIGINT', interrupted)
  const key = address.adminKey === null ? null : await borrowKey(createAdminClient(address))
  try {
    const target = { url: address.url, key: key?.text ?? null }
    const callers = { models: await modelsFor(target), tenants: key === null ? [] : TENANTS }
    const traffic = demoTraffic(callers, Math.random)
    const replies = await sendAll(target, traffic, { ...flags, output, stop: stop.signal })
    tell(output, address, replies)
  } finally {
    process.off('SIGINT', interrupted)
    await key?.giveBack()
  }
}

/** A key for the demo's tenants alone, and the way to end it. */
async function borrowKey(client: AdminClient) {
  const made = await client.post('/admin/v1/keys', {
    kind: 'service',
    tenants: [...TENANTS],
    name: 'headgate demo',
    expires_at: new Date(Date.now() + KEY_LIFETIME_MS).toISOString(),
  })
  return { text: String(made.key), giveBack: () => client.delete(`/admin/v1/keys/${String(made.id)}`) }
}

/** The names that may be called, tasks and logical models before single deployments. */
async function modelsFor({ url, key }: DemoTarget): Promise<readonly string[]> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  const reply = await sendToGateway(url, '/v1/models', { headers })
  const body = parseJson(await reply.text())
  if (reply.headers.get('x-headgate-error') === 'invalid_api_key') {
    throw new UserError(
      `the gateway at ${url} asks for keys: set HEADGATE_ADMIN_KEY, and the demo makes one for itself and revokes it at the end`,
    )
  }
  const data = isObject(body) && Array.isArray(body.data) ? body.data.filter(isObject) : null
  if (!reply.ok || data === null)
    throw new UserError(`what answers at ${url} is no Headgate gateway (HTTP ${reply.status})`)
  const own = data.filter((model) => model.owned_by === 'headgate')
  const names = (own.length > 0 ? own : data).map(({ id }: JsonObject) => String(id))
  if (names.length === 0)
    throw new UserError(`the gateway at ${url} has no models to call; add some below models in its config`)
  return names
}

interface Sending {
  readonly requests: number
  readonly rate: number
  readonly output: Output
  readonly stop: AbortSignal
}

/** Sends the calls at an even rate, whatever the answers take. Ends early when it is interrupted or the gateway goes away. */
async function sendAll(
  target: DemoTarget,
  traffic: Iterator<DemoCall>,
  sending: Sending,
): Promise<readonly DemoReply[]> {
  const { requests, rate, output, stop } = sending
  const progress = startProgress(output, requests)
  const replies: DemoReply[] = []
  const running = new Set<Promise<void>>()
  const lost: unknown[] = []
  let warned = false
  const startedAt = performance.now()
  for (let sent = 0; sent < requests && !stop.aborted && lost.length === 0; sent++) {
    await sleep(Math.max(0, startedAt + (sent * 1000) / rate - performance.now()), undefined, { signal: stop }).catch(
      () => undefined,
    )
    if (running.size >= MOST_AT_ONCE) await Promise.race(running)
    const call: DemoCall = traffic.next().value
    const one = sendCall(target, call, stop)
      .then(
        (reply) => {
          if (!warned) warned = warnOfMoney(output, reply)
          replies.push(reply)
        },
        (error: unknown) => {
          if (!stop.aborted) lost.push(error)
        },
      )
      .finally(() => {
        running.delete(one)
        progress.at(replies.length)
      })
    running.add(one)
  }
  await Promise.all(running)
  progress.end()
  if (lost.length > 0) throw lost[0]
  return replies
}

/** Says so when answers may cost real money. Gives whether it did. */
function warnOfMoney(output: Output, { servedBy }: DemoReply): boolean {
  if (servedBy === null || servedBy.startsWith('simulated/')) return false
  output.remark(`Answers come from ${servedBy}: where that is a real provider, this costs real money. Ctrl-C stops.`)
  return true
}

function tell(output: Output, { url }: GatewayAddress, replies: readonly DemoReply[]): void {
  const errors = new Map<string, number>()
  for (const { outcome } of replies) {
    if (typeof outcome === 'object') errors.set(outcome.error, (errors.get(outcome.error) ?? 0) + 1)
  }
  const count = (wanted: DemoReply['outcome']) => replies.filter(({ outcome }) => outcome === wanted).length
  const [answered, left] = [count('answered'), count('left early')]
  const console = `${url}/console`
  const result = { sent: replies.length, answered, left_early: left, errors: Object.fromEntries(errors), console }
  output.result(result, () => [
    output.styled('green', `Sent ${replies.length} calls: ${answered} answered, ${left} left early by their callers.`),
    ...[...errors].map(([code, times]) => `  ${times} × ${code}`),
    `See them at ${console}, or with: headgate usage`,
  ])
}
