import { judgedText, judgeMessages } from '../../../src/policy/complexity/judge-question.ts'
import { readVerdict } from '../../../src/policy/complexity/judge-verdict.ts'
import { complexityOf } from '../../../src/policy/complexity/scorer.ts'
import { callOf, type Question } from './questions.ts'

/** A model that judges, behind the chat endpoint of a running gateway. */
export interface JudgeAt {
  /** The gateway's own address, or that of its `/v1`. */
  readonly url: string
  readonly model: string
  /** Null where none is asked for. */
  readonly key: string | null
}

/** What a judge said of every question. */
export interface JudgeScores {
  /** The scorer's where it gave no verdict, as a gateway would have it. */
  readonly scores: readonly number[]
  /** How many questions have no verdict. */
  readonly unjudged: number
  /** What went wrong, and how often. */
  readonly reasons: ReadonlyMap<string, number>
}

const AT_ONCE = 4
const PATIENCE_MS = 30_000
const MOST_OUTPUT_TOKENS = 40

/** Asks about every question, four at a time. Rejects when the first one is refused for who asks: all others would be too. */
export async function judgeScores(
  questions: readonly Question[],
  judge: JudgeAt,
  at: (done: number) => void,
): Promise<JudgeScores> {
  const scores: number[] = []
  const reasons = new Map<string, number>()
  let [next, done, unjudged] = [0, 0, 0]
  const work = async (): Promise<void> => {
    for (let index = next++; index < questions.length; index = next++) {
      const question = questions[index]
      if (!question) continue
      const { score, why } = await verdictOn(question, judge)
      scores[index] = score ?? complexityOf(callOf(question)).score
      if (why !== null) {
        unjudged += 1
        reasons.set(why, (reasons.get(why) ?? 0) + 1)
      }
      done += 1
      at(done)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { scores, unjudged, reasons }
}

async function verdictOn(
  question: Question,
  { url, model, key }: JudgeAt,
): Promise<{ readonly score: number | null; readonly why: string | null }> {
  const messages = judgeMessages(judgedText(callOf(question))).map(({ role, content: [part] }) => ({
    role,
    content: part?.type === 'text' ? part.text : '',
  }))
  const address = `${url.replace(/\/(?:v1\/?)?$/, '')}/v1/chat/completions`
  const reply = await fetch(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-headgate-feature': 'headgate_complexity_judge',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ model, messages, max_tokens: MOST_OUTPUT_TOKENS }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
  if (typeof reply === 'string') return { score: null, why: reply }
  if (reply.status === 401 || reply.status === 403 || reply.status === 404) {
    throw new Error(`${address}: HTTP ${reply.status} ${(await reply.text()).slice(0, 300)}`)
  }
  if (!reply.ok) {
    await reply.body?.cancel()
    return { score: null, why: `HTTP ${reply.status}` }
  }
  const body = (await reply.json().catch(() => null)) as Answer | null
  const [choice] = body?.choices ?? []
  const verdict = choice?.finish_reason === 'stop' ? readVerdict(String(choice.message?.content ?? '')) : null
  return verdict ? { score: verdict.score, why: null } : { score: null, why: 'no verdict in the answer' }
}

interface Answer {
  readonly choices?: readonly { readonly finish_reason?: string; readonly message?: { readonly content?: unknown } }[]
}
