import { Agent, type IncomingMessage, request } from 'node:http'
import { formatOf } from '../../conformance/formats.ts'
import type { Meaning } from '../../conformance/meaning.ts'
import { wireAsk } from './ask.ts'
import { type Ended, type Heard, NOTHING } from './heard.ts'
import type { StreamPlan } from './stream-plan.ts'

/** Longer than any stream may take, with all its clocks: who waits so long found one that hangs. */
const PATIENCE_MS = 240_000

/** Callers of one gateway that listens. */
export interface HttpCallers {
  call(plan: StreamPlan): Promise<Heard>
  close(): void
}

/** Callers that keep their connections, as SDKs do. */
export function httpCallers(url: string, key: string): HttpCallers {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })
  return { call: (plan) => callOnce(url, key, agent, plan), close: () => agent.destroy() }
}

function callOnce(url: string, key: string, agent: Agent, plan: StreamPlan): Promise<Heard> {
  const { path, headers, body } = wireAsk(plan, key)
  const { behaviour } = plan
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    let left = false
    let reply: IncomingMessage | null = null
    const timers: NodeJS.Timeout[] = []
    const call = request(url + path, { method: 'POST', agent, headers })
    const over = (ended: Ended) => {
      for (const timer of timers) clearTimeout(timer)
      resolve(heardOf(plan, left ? 'left' : ended, reply, Buffer.concat(chunks).toString('utf8')))
    }
    const leave = () => {
      if (left) return
      left = true
      call.destroy()
      over('left')
    }
    timers.push(
      setTimeout(() => {
        call.destroy()
        over('broken')
      }, PATIENCE_MS),
    )
    if (behaviour.kind === 'leaves-at') timers.push(setTimeout(leave, behaviour.ms))
    call.on('error', () => over('broken'))
    call.once('response', (response) => {
      reply = response
      response.on('data', (chunk: Buffer) => {
        if (left) return
        chunks.push(chunk)
        bytes += chunk.length
        if (behaviour.kind === 'leaves-after' && bytes >= behaviour.amount) leave()
        if (behaviour.kind !== 'reads-slowly') return
        response.pause()
        timers.push(setTimeout(() => response.resume(), behaviour.pauseMs))
      })
      response.once('end', () => over(response.complete ? 'end' : 'broken'))
      response.once('close', () => over('broken'))
      response.once('error', () => over('broken'))
      if (behaviour.kind === 'leaves-after' && behaviour.amount === 0) leave()
    })
    call.end(body)
  })
}

const END = { markers: 1, markerIsLast: true }

/** Chat's word for an answer that is handed over incomplete is one of hosts that failed: here it comes without any error. */
function isHandedOver({ choices, error, stream }: Meaning): boolean {
  return choices[0]?.finish === 'error' && error?.code === 'error' && error.message === '' && stream?.markers === 1
}

/** What came of a reply in a wire format. */
export function heardOf(
  { inbound }: StreamPlan,
  ended: Ended,
  reply: {
    readonly statusCode?: number | undefined
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
  } | null,
  body: string,
): Heard {
  if (!reply || inbound === 'library') return { ended, status: 0, served: null, meaning: NOTHING, body }
  const status = reply.statusCode ?? 0
  const { 'content-type': contentType = '', 'x-headgate-model': served = null } = reply.headers
  const read = formatOf(inbound).read({ status, contentType: String(contentType), body })
  const meaning = isHandedOver(read) ? { ...read, error: null, stream: { ...END, complete: true } } : read
  return { ended, status, served: served === null ? null : String(served), meaning, body }
}
