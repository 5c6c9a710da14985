/** How a call ended, seen from the provider's side. */
export type WallOutcome =
  /** The whole answer was written while the peer was there. */
  | 'completed'
  /** An error was answered, or the stream ended in one. */
  | 'error'
  /** The wall broke the reply off, as planned. */
  | 'cut'
  /** The peer left before the end. */
  | 'aborted'
  /** Still running. */
  | 'open'

/** One thing the wall does to a connection. A reply is a list of them. */
export type Step =
  | { readonly do: 'head'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly do: 'write'
      readonly bytes: Buffer
      /** Events of the stream in it: 1, or 0 for what is not an event. */
      readonly events: number
      /** Content events in it. */
      readonly contentEvents: number
      /** Tokens of the answer in it. */
      readonly tokens: number
    }
  /** A pause; comments may be sent meanwhile. */
  | { readonly do: 'wait'; readonly ms: number; readonly commentEveryMs?: number }
  /** The outcome is decided here, before the write that follows or ends the reply. */
  | { readonly do: 'settle'; readonly outcome: Exclude<WallOutcome, 'open' | 'aborted'> }
  /** The reply ends as HTTP says it should. */
  | { readonly do: 'end' }
  /** Bytes that are not HTTP, in place of a reply. */
  | { readonly do: 'garbage' }
  /** The connection breaks: reset, or closed without an end. */
  | { readonly do: 'break'; readonly how: 'reset' | 'close' }

/** Bytes that are not an event. */
export function plainWrite(bytes: Buffer, tokens = 0): Step {
  return { do: 'write', bytes, events: 0, contentEvents: 0, tokens }
}
