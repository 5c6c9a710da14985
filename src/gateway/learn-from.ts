import { inputTokens, outputTokens } from '../canonical/usage.ts'
import type { AttemptRecord } from '../execution/running-attempt.ts'
import type { Money, PromptBulk } from '../money/reservation.ts'
import type { Decision } from '../policy/decision.ts'

/** What an attempt was made for. */
interface Lesson {
  readonly prompt: PromptBulk
  readonly decision: Decision | null
  readonly money: Pick<Money, 'learn' | 'answers'>
}

/** Teaches the money room what a closed attempt says of the length of prompts and answers. */
export function learnFrom(record: AttemptRecord, { prompt, decision, money }: Lesson): void {
  const { deployment, status, summary } = record
  if (!summary) return
  const said = summary.usage
  const asked = said ? inputTokens(said) : 0
  // What tools brought into the prompt says nothing about the text of the call.
  if (asked > 0 && !deployment.asked?.toolTokens) money.learn(deployment, prompt, asked)
  const answered = said && status === 'completed' ? outputTokens(said) : 0
  if ((answered === 0 && !summary.cut) || decision?.answers !== 1) return
  const { outputBytes: bytes, contentEvents: events, toolCalls } = summary
  money.answers.learn(
    { deployment, task: decision.task, tools: prompt.tools ?? false },
    { bytes, events, toolCalls, tokens: answered > 0 ? answered : null },
  )
}
