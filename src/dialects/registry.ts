import type { DialectName } from '../canonical/dialect-name.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import type { Dialect } from './dialect.ts'
import { openaiChat } from './openai-chat/index.ts'

/** Every wire format, by its name. */
export const DIALECTS: ReadonlyMap<DialectName, Dialect> = new Map(
  [openaiChat, anthropicMessages].map((dialect) => [dialect.name, dialect]),
)

/** The wire format of that name. */
export function dialectOf(name: DialectName): Dialect {
  const dialect = DIALECTS.get(name)
  if (!dialect) throw new Error(`The wire format ${name} is not spoken.`)
  return dialect
}

/** In which format a deployment is called: the caller's own where it is spoken there, so that nothing need be translated, else the first. */
export function upstreamDialect(spoken: readonly DialectName[], inbound: DialectName | null): Dialect {
  const [first = 'openai-chat'] = spoken
  return dialectOf(inbound !== null && spoken.includes(inbound) ? inbound : first)
}
