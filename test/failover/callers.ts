import OpenAI from 'openai'
import type { CallSeen } from './seen.ts'

/** Where a call goes, and how long it may take. */
export interface CallAsk {
  /** The gateway, with `/v1`. */
  readonly url: string
  readonly model: string
  readonly mostMs: number
}

/** Makes one streamed call and says what it saw. Never rejects. */
export type Caller = (ask: CallAsk) => Promise<CallSeen>

/** What is learned while a reply comes. */
interface Notes {
  text: string
  model: string | null
  usage: boolean
}

const PROMPT = 'Say in sixty words when a gateway is to be trusted.'
const messages = [{ role: 'user' as const, content: PROMPT }]

async function seenBy({ mostMs }: CallAsk, read: (notes: Notes, signal: AbortSignal) => Promise<void>) {
  const notes: Notes = { text: '', model: null, usage: false }
  const signal = AbortSignal.timeout(mostMs)
  const started = performance.now()
  const end = (outcome: CallSeen['outcome'], error: string | null): CallSeen => ({
    ...notes,
    outcome,
    error,
    ms: performance.now() - started,
  })
  try {
    await read(notes, signal)
    return end('success', null)
  } catch (error) {
    if (signal.aborted) return end('hang', `nothing within ${mostMs} ms`)
    return end('error', error instanceof Error ? error.message : String(error))
  }
}

/** OpenAI's own client, which retries nothing here: the gateway is judged. */
const openai: Caller = (ask) =>
  seenBy(ask, async (notes, signal) => {
    const client = new OpenAI({ baseURL: ask.url, apiKey: 'any', maxRetries: 0 })
    const stream = await client.chat.completions.create(
      { model: ask.model, messages, stream: true, stream_options: { include_usage: true } },
      { signal },
    )
    for await (const { choices, model, usage } of stream) {
      notes.text += choices[0]?.delta.content ?? ''
      notes.model = model || notes.model
      notes.usage ||= Boolean(usage)
    }
    // The client ends quietly when its signal ends it.
    signal.throwIfAborted()
  })

/** A caller that reads the events itself and takes a clean end for a good one, as many do. */
const raw: Caller = (ask) =>
  seenBy(ask, async (notes, signal) => {
    const reply = await fetch(`${ask.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: ask.model, messages, stream: true, stream_options: { include_usage: true } }),
      signal,
    })
    const body = await reply.text()
    if (!reply.ok) throw new Error(`HTTP ${reply.status}: ${body}`)
    for (const line of body.split('\n')) {
      if (!line.startsWith('data: {')) continue
      const event = JSON.parse(line.slice('data: '.length)) as RawEvent
      if (event.error) throw new Error(event.error.message)
      notes.text += event.choices?.[0]?.delta?.content ?? ''
      notes.model = event.model || notes.model
      notes.usage ||= Boolean(event.usage)
    }
  })

interface RawEvent {
  readonly error?: { readonly message: string }
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[]
  readonly model?: string
  readonly usage?: unknown
}

/** Who calls, by name. */
export const CALLERS = { openai, raw } as const satisfies Record<string, Caller>
