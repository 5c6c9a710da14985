import type { CanonicalResponse } from '../canonical/response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectOf } from '../dialects/registry.ts'
import { HeldStream } from '../execution/held-stream.ts'
import type { Exchange } from './exchange.ts'
import type { Answered } from './stages.ts'

/** An answer that is known before its caller sees any of it: one in one piece, or a stream that was held back until it was whole. Null for others, and for what cannot be read. */
export function knownAnswer({ exchange, executed }: Answered): CanonicalResponse | null {
  const { answer } = executed
  if (answer.kind === 'whole') return answer.response
  try {
    return answer instanceof HeldStream ? answer.response(callersDialect(exchange)) : null
  } catch {
    return null
  }
}

/** The caller's wire format, in which streams are relayed; null for calls of the library. */
export function callersDialect({ call }: Exchange): Dialect | null {
  return call.face === 'wire' ? dialectOf(call.dialect) : null
}
