import { textOf } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { parseJson } from '../../lib/json.ts'
import { jsonAnswerCheck } from '../output/json-answer.ts'

/** Which of two answers is better. */
export type Better = 'A' | 'B' | 'neither'

/** Longer answers are no verdict, whatever they say. */
const MOST_CHARS = 200
/** Models that were asked for JSON put it into a block of code now and then. */
const BLOCK = /^```(?:json)?\s*\n([\s\S]*)\n\s*```$/

const WORDS: readonly Better[] = ['A', 'B', 'neither']

const isVerdict = jsonAnswerCheck({
  type: 'json-schema',
  name: 'verdict',
  schema: {
    type: 'object',
    properties: { better: { enum: [...WORDS] } },
    required: ['better'],
    additionalProperties: false,
  },
})

/**
 * What a judge said, read strictly: one JSON object with one field and one of three words. Null for anything else. So however a judge was talked to, all it can say is which of the
 * two is better.
 */
export function readPairVerdict({ content, finishReason }: CanonicalResponse): Better | null {
  const said = textOf(content).trim()
  if (finishReason !== 'stop' || said.length > MOST_CHARS || content.some(({ type }) => type === 'tool-call'))
    return null
  const text = BLOCK.exec(said)?.[1] ?? said
  if (isVerdict({ content: [{ type: 'text', text }], finishReason }) !== null) return null
  const { better } = parseJson(text) as { better: Better }
  return better
}
