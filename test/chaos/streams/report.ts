import { type Row, tableText } from '../table.ts'
import type { Ending } from './judge.ts'
import type { JudgedStream, StreamsReport } from './streams.ts'

const ENDINGS: readonly Ending[] = ['whole', 'partial', 'spent', 'cut', 'refused', 'left']
const COLUMNS = ['streams', ...ENDINGS, 'wrong'] as const

/** The tables by pair and by fault, in alphabetical order, then the totals. */
export function tableLines({ judged }: StreamsReport): string[] {
  const pairs = groups(judged, ({ inbound, upstream }) => `${inbound} from ${upstream}`)
  const troubles = groups(judged, ({ trouble }) => trouble)
  const faces = groups(judged, ({ face }) => `through ${face}`)
  return tableText(COLUMNS, [...pairs, ...troubles, ...faces, rowOf('all', judged)])
}

function groups(judged: readonly JudgedStream[], nameOf: (one: JudgedStream) => string): Row[] {
  const byName = Map.groupBy(judged, nameOf)
  return [...byName].sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, members]) => rowOf(name, members))
}

function rowOf(name: string, judged: readonly JudgedStream[]): Row {
  const counts = ENDINGS.map((ending) => judged.filter((one) => one.ending === ending).length)
  return [name, [judged.length, ...counts, judged.filter(({ problems }) => problems.length > 0).length].map(String)]
}

/** What was wrong, with all that is known of it. */
export function problemLines({ judged, problems }: StreamsReport, seed: number): string[] {
  const wrong = judged.filter((one) => one.problems.length > 0)
  return [...wrong.flatMap((one) => storyOf(one, seed)), ...problems.map((problem) => `at the end: ${problem}`)]
}

function storyOf({ index, problems, testimony }: JudgedStream, seed: number): string[] {
  if (!testimony) return []
  const { plan, heard, sent, rows } = testimony
  const { inbound, face, delivery, partial, behaviour, parts } = plan
  return [
    `--only ${seed}:${index}  ${inbound} through ${face}, delivery ${delivery}, partial ${partial}, caller ${JSON.stringify(behaviour)}`,
    ...problems.map((problem) => `  ${problem.slice(0, 700)}`),
    ...parts.map(
      (part, at) => `  turn ${at + 1}: ${part.upstream}, ${part.trouble}, ${JSON.stringify(part.plan).slice(0, 400)}`,
    ),
    ...sent.map(
      ({ turn, call, bytes }) =>
        `  the wall, turn ${turn}: status ${call.status}, ${call.outcome}, ${call.contentEvents} content events, ${bytes.length} bytes, … ${tail(bytes.toString('utf8'))}`,
    ),
    `  the caller: ${heard.ended}, status ${heard.status}, served by ${heard.served}, ${heard.body.length} characters, … ${tail(heard.body)}`,
    ...rows.map(
      (row) =>
        `  row ${row.attempt}: ${row.provider} ${row.status} ${row.errorCode} ${row.inputTokens} + ${row.outputTokens} tokens${row.estimated ? ', estimated' : ''}${row.cut ? ', cut' : ''}`,
    ),
  ]
}

function tail(text: string): string {
  return JSON.stringify(text.slice(-260))
}
