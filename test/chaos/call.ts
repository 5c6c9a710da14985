import { setTimeout as sleep } from 'node:timers/promises'

/** A call to make, and how its caller behaves. */
export interface PlannedCall {
  /** Its trace id, and the text of its prompt: the wall and the ledger know it by this name. */
  readonly name: string
  readonly tenant: string
  readonly user: string | null
  readonly feature: string
  readonly dialect: 'openai' | 'anthropic'
  readonly model: string
  readonly stream: boolean
  readonly maxTokens: number
  /** When the caller leaves, in ms after sending; null when it stays for as long as anybody would. */
  readonly leavesAfterMs: number | null
}

/**
 * What the caller saw. `whole`: the end of a good answer. `refused`: an error in place of an answer. `cut`: an answer that broke off or ended with an
 * error. `left`: the caller went away. `unreachable`: no reply at all.
 */
export type Seen = 'whole' | 'refused' | 'cut' | 'left' | 'unreachable'

/** A call that was made. */
export interface MadeCall extends PlannedCall {
  readonly seen: Seen
  /** The error's code, or the code inside a stream that broke; null for none. */
  readonly code: string | null
  readonly latencyMs: number
}

/** Longer than any call may take: who waits so long gives up. */
const PATIENCE_MS = 15_000

/** Makes a call and sees what comes of it. Never rejects. */
export async function makeCall(url: string, key: string, call: PlannedCall): Promise<MadeCall> {
  const caller = new AbortController()
  const leaving = sleep(call.leavesAfterMs ?? PATIENCE_MS, undefined, { signal: caller.signal, ref: false }).then(
    () => caller.abort(),
    () => undefined,
  )
  const started = performance.now()
  const end = (seen: Seen, code: string | null = null): MadeCall => {
    const outcome = seen !== 'whole' && seen !== 'refused' && caller.signal.aborted ? 'left' : seen
    return { ...call, seen: outcome, code, latencyMs: performance.now() - started }
  }
  try {
    const reply = await fetch(`${url}${PATHS[call.dialect]}`, {
      method: 'POST',
      headers: headersOf(call, key),
      body: bodyOf(call),
      signal: caller.signal,
    })
    return await read(reply, call, end)
  } catch {
    return end('unreachable')
  } finally {
    caller.abort()
    await leaving
  }
}

const PATHS = { openai: '/v1/chat/completions', anthropic: '/v1/messages' } as const

function headersOf({ name, tenant, user, feature }: PlannedCall, key: string): Record<string, string> {
  return {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'x-headgate-trace-id': name,
    'x-headgate-tenant-id': tenant,
    'x-headgate-feature': feature,
    ...(user === null ? {} : { 'x-headgate-user-id': user }),
  }
}

function bodyOf({ name, model, stream, maxTokens }: PlannedCall): string {
  return JSON.stringify({ model, stream, max_tokens: maxTokens, messages: [{ role: 'user', content: name }] })
}

type End = (seen: Seen, code?: string | null) => MadeCall

async function read(reply: Response, { stream, dialect }: PlannedCall, end: End): Promise<MadeCall> {
  let text: string
  try {
    text = await reply.text()
  } catch {
    return end('cut')
  }
  if (reply.status !== 200) return end('refused', reply.headers.get('x-headgate-error') ?? `status ${reply.status}`)
  if (!stream) return end(isJson(text) ? 'whole' : 'cut')
  const marker = dialect === 'openai' ? 'data: [DONE]' : 'event: message_stop'
  return text.includes(marker) ? end('whole') : end('cut', /"code":\s*"(\w+)"/.exec(text)?.[1] ?? null)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
