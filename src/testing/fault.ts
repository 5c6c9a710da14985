import type { JsonValue } from '../lib/json.ts'

/**
 * A place in a reply: `headers` is right after the headers, before any event; a number is after so many content events
 * (deltas of text, reasoning or tool arguments; what opens a stream does not count). In a reply that is not streamed, a
 * number cuts the body in the middle.
 */
export type After = 'headers' | number

/** One way to go wrong. Each has one knob for each thing that gateways get wrong about it. */
export type Fault =
  /** An error status. `body`: the provider's own JSON error (default), a web page, nothing, a megabyte, or this text. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly body?: 'json' | 'html' | 'empty' | 'large' | { readonly text: string }
      /** The error's code or type, in place of the usual one for the status. */
      readonly code?: string
      readonly message?: string
      readonly retryAfterSeconds?: number
      /** The same as an HTTP date, so many seconds from now. */
      readonly retryAfterDateSeconds?: number
    }
  /** The connection is reset before any byte. */
  | { readonly kind: 'reset' }
  /** The connection is closed cleanly before any byte. */
  | { readonly kind: 'close' }
  /** Bytes that are not HTTP. */
  | { readonly kind: 'garbage' }
  /** Nothing is ever answered; after `forMs` (default never) the connection closes. */
  | { readonly kind: 'hang'; readonly forMs?: number }
  /** Headers, and then nothing; after `forMs` (default never) the connection closes. */
  | { readonly kind: 'silence'; readonly forMs?: number }
  /** Nothing more after a place; after `forMs` (default never) the connection closes without an end. */
  | { readonly kind: 'stall'; readonly after: After; readonly forMs?: number }
  /**
   * The connection is destroyed at a place, without HTTP's end. `close` (default): everything before the place arrives.
   * `reset`: the system may throw away what was on its way.
   */
  | { readonly kind: 'cut'; readonly after: After; readonly how?: 'close' | 'reset' }
  /**
   * The reply breaks at any byte of its body, inside events and characters too: so many hundredths of its bytes arrive, and with 100 all of them.
   * `close` (default) and `reset` are as for `cut`; `end` ends it as HTTP says it should.
   */
  | { readonly kind: 'cut-at'; readonly percent: number; readonly how?: 'close' | 'reset' | 'end' }
  /** The reply ends cleanly at a place: no finish reason, no marker, well-formed HTTP. */
  | { readonly kind: 'eof'; readonly after: After }
  /** Everything but the last marker: `[DONE]`, `message_stop`. */
  | { readonly kind: 'no-done' }
  /** The same, and the connection stays open afterwards. */
  | { readonly kind: 'no-done-hang' }
  /** The provider's error inside the stream at a place; the reply then ends. */
  | { readonly kind: 'error-event'; readonly after: After; readonly error?: JsonValue }
  /** Raw JSON that is not an event, at a place; the reply then ends. */
  | { readonly kind: 'error-tail'; readonly after: After }
  /** An event of broken JSON at a place; the rest follows as usual. A reply that is not streamed is broken JSON as a whole. */
  | { readonly kind: 'malformed'; readonly after: After }
  /** The usage: left out, sent twice, sent before the content, with empty numbers, or (OpenAI-like hosts) so far with every piece of the answer. */
  | { readonly kind: 'usage'; readonly how: 'missing' | 'twice' | 'early' | 'null' | 'running' }
  /** Before every so many content events (default 2), an event of the format that says nothing: `choices: []`, a ping. Bedrock has none. */
  | { readonly kind: 'empty-events'; readonly every?: number }
  /** A comment before every event. Default `OPENROUTER PROCESSING`. */
  | { readonly kind: 'comments'; readonly text?: string }
  /** One content event whose text is this long. Default 1,000,000 characters. */
  | { readonly kind: 'huge-line'; readonly characters?: number }
  /** Written in pieces of so many bytes, each its own packet where the system allows. */
  | { readonly kind: 'slices'; readonly bytes: number }
  /** Unusual but legal event streams. */
  | {
      readonly kind: 'framing'
      readonly lineEnding?: '\n' | '\r\n' | '\r'
      /** `data:x` without the space. */
      readonly noSpace?: boolean
      /** A byte order mark first. */
      readonly byteOrderMark?: boolean
      /** The JSON of each event over several `data:` lines. */
      readonly manyLines?: boolean
    }
  /** Another content type than the body has. */
  | { readonly kind: 'content-type'; readonly value: string }
  /** Status 200, and the provider's error as a JSON body. */
  | { readonly kind: 'ok-error' }
  /** Status 200, and no body. */
  | { readonly kind: 'empty-body' }
  /** A redirect. Default: 302 to `/redirected` on the wall itself, where the log shows who followed. */
  | { readonly kind: 'redirect'; readonly location?: string; readonly status?: number }
  /** The cap is not honoured: so many times its tokens are streamed. */
  | { readonly kind: 'ignore-max-tokens'; readonly times: number }
  /** The body is compressed, whatever was accepted. */
  | { readonly kind: 'gzip' }
  /** A small compressed body that grows to so many bytes. */
  | { readonly kind: 'gzip-bomb'; readonly bytes: number }
  /** After the answer, the kept connection is closed without notice so many milliseconds later. */
  | { readonly kind: 'idle-close'; readonly afterMs: number }
  /** After the answer, the connection is reset as soon as it is used again. */
  | { readonly kind: 'reset-on-reuse' }
  /** A conversation that ends with the assistant's own words is refused with 400. */
  | { readonly kind: 'no-prefill' }

/** The names of all faults. */
export type FaultKind = Fault['kind']

/** The faults of a plan, as a list. */
export function faultsOf(fault: Fault | readonly Fault[] | undefined): readonly Fault[] {
  if (fault === undefined) return []
  return 'kind' in fault ? [fault] : fault
}

/** The first fault of a kind, if the list has one. */
export function findFault<Kind extends FaultKind>(
  faults: readonly Fault[],
  kind: Kind,
): Extract<Fault, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind)
}
