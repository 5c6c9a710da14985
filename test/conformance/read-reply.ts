import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { readAnthropic } from './anthropic-meaning.ts'
import type { Meaning, PlainReply } from './meaning.ts'
import { readOpenAi } from './openai-meaning.ts'

/** What a reply in that format means. */
export function meaningOf(dialect: DialectName, reply: PlainReply): Meaning {
  return dialect === 'openai-chat' ? readOpenAi(reply) : readAnthropic(reply)
}
