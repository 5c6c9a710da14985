import { COMPLEXITIES, type Complexity } from '../../canonical/call-words.ts'
import { isObject, parseJson } from '../../lib/json.ts'
import { labelled } from './scorer.ts'

/** Longer answers are no verdict, whatever they say. */
const MOST_CHARS = 200
/** Models that were asked for JSON put it into a block of code now and then. */
const BLOCK = /^```(?:json)?\s*\n([\s\S]*)\n\s*```$/
/** What a word counts as: the middle of its range. */
const SCORE_OF = { simple: 0.15, medium: 0.45, complex: 0.8 } as const

/**
 * What a judge said, read strictly: one JSON object with one field, `score` from 0 to 1 or `complexity` in a word. Null for anything else. So however a judge was talked to,
 * all it can say is how hard a call is.
 */
export function readVerdict(answer: string): Complexity | null {
  const text = answer.trim()
  if (text.length > MOST_CHARS) return null
  const said = parseJson(BLOCK.exec(text)?.[1] ?? text)
  if (!isObject(said) || Object.keys(said).length !== 1) return null
  const { score, complexity } = said
  if (typeof score === 'number') return score >= 0 && score <= 1 ? labelled(Math.round(score * 1000) / 1000) : null
  const label = COMPLEXITIES.find((word) => word === complexity)
  return label ? { label, score: SCORE_OF[label] } : null
}
