import type { DialectName } from '../canonical/dialect-name.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import type { Dialect } from './dialect.ts'
import { openaiChat } from './openai-chat/index.ts'

/** Every wire format, by its name. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
}

/** The wire format of that name. */
export function dialectOf(name: DialectName): Dialect {
  return DIALECTS[name]
}
