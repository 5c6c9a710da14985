import { type GatewayRequest, sendToGateway } from '../admin-client.ts'
import type { DemoCall } from './traffic.ts'

/** How one call of a demo went. */
export type DemoOutcome = 'answered' | 'left early' | { readonly error: string }

/** What a reply tells beside its outcome. */
export interface DemoReply {
  readonly outcome: DemoOutcome
  /** `provider/model` that answered; null when none did. */
  readonly servedBy: string | null
}

/** Where calls go, and with which key. */
export interface DemoTarget {
  readonly url: string
  /** Null where no key is asked. */
  readonly key: string | null
}

/** Sends one call and reads its answer to the end. Rejects with UserError when the gateway cannot be reached. */
export async function sendCall(target: DemoTarget, call: DemoCall, stop: AbortSignal): Promise<DemoReply> {
  const leave = new AbortController()
  const signal = AbortSignal.any([stop, leave.signal])
  const authorization = target.key === null ? {} : { authorization: `Bearer ${target.key}` }
  const request: GatewayRequest = { headers: { ...call.headers, ...authorization }, body: call.body, signal }
  const reply = await sendToGateway(target.url, call.path, request)
  const servedBy = reply.headers.get('x-headgate-model')
  if (!reply.ok) {
    await reply.body?.cancel()
    return { outcome: { error: reply.headers.get('x-headgate-error') ?? `HTTP ${reply.status}` }, servedBy }
  }
  if (!call.leavesEarly) return { outcome: failureIn(await reply.text()) ?? 'answered', servedBy }
  await reply.body?.getReader().read()
  leave.abort()
  return { outcome: 'left early', servedBy }
}

/** After the first byte an error can only be told inside the answer. */
function failureIn(text: string): DemoOutcome | null {
  const found = /^(?:event: error\n)?data: \{"(?:type":"error","error|error)":\{/m.test(text)
  return found ? { error: 'broken off' } : null
}
