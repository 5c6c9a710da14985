/*
 * Signs of life in streams that are silent: from a model that thinks long before its first word, or that pauses. Without them a proxy in
 * between, or the caller's own clock, ends a connection on which all is well.
 *
 * One timer serves all calls. A sign is written between whole events, and is what the clients of the format take for nothing: a comment with a single line
 * end for most, because a blank line after it would be an event without data, on which OpenAI's clients fail; a blank event for Gemini's, which
 * take a comment for a broken or an uninteresting event; white space where the stream is a JSON list.
 */
import type { ServerResponse } from 'node:http'

/** What is to be known of a reply that may be silent. */
export interface SilentReply {
  readonly response: ServerResponse
  /** Looks since something was last written, or since its head may be sent. */
  silentBeats: number
  /** The content type of the stream that is being written; null before its head. */
  contentType: string | null
  /** Whether the clients of its format know comments. */
  readonly knowsComments: boolean
  /** What was last written of its body. */
  lastPiece: string | Buffer | null
  /** The headers of a stream whose head is to be sent before its answer begins, once; null where none may be. */
  earlyHeaders(): Readonly<Record<string, string>> | null
}

/** How often within one period all replies are looked at. */
const LOOKS = 4

/** Starts to look after replies: one that is silent gives a sign of life after `everyMs` at the latest, and no sooner than after three quarters of it. */
export function startHeartbeat(everyMs: number, replies: () => Iterable<SilentReply>): { stop(): void } {
  const timer = setInterval(() => {
    for (const reply of replies()) look(reply)
  }, everyMs / LOOKS).unref()
  return { stop: () => clearInterval(timer) }
}

/** Looks at one reply, and writes what it has to. */
function look(reply: SilentReply): void {
  reply.silentBeats += 1
  const { response } = reply
  // A reader who has not taken the last bytes needs no more of them.
  if (reply.silentBeats < LOOKS || response.writableEnded || response.destroyed || response.writableLength > 0) return
  reply.silentBeats = 0
  if (!response.headersSent && !sendHead(reply)) return
  const sign = signFor(reply)
  if (sign !== null) response.write(sign)
}

function sendHead(reply: SilentReply): boolean {
  const headers = reply.earlyHeaders()
  if (!headers) return false
  try {
    reply.response.writeHead(200, headers)
  } catch {
    // What cannot be said as a header will fail again, where it is told and logged.
    return false
  }
  reply.contentType = headers['content-type'] ?? null
  return true
}

function signFor({ contentType, lastPiece, knowsComments }: SilentReply): string | null {
  if (contentType === null) return null
  if (contentType.startsWith('application/json')) return '\n'
  if (!contentType.startsWith('text/event-stream')) return null
  const blank = blankLineOf(lastPiece)
  return blank === null ? null : knowsComments ? ': ping\n' : blank
}

/** The blank line with which what was written ends, in the line ends of the stream; null when it ends inside an event. */
function blankLineOf(piece: string | Buffer | null): string | null {
  if (piece === null) return '\n\n'
  const tail = typeof piece === 'string' ? piece.slice(-4) : piece.toString('latin1', Math.max(0, piece.length - 4))
  return /(\r\n\r\n|\n\n|\r\r)$/.exec(tail)?.[0] ?? null
}
