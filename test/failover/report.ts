import type { ColumnResult } from './bench.ts'
import type { Judged, Verdict } from './judge.ts'

const VERDICTS: readonly Verdict[] = ['pass', 'partial', 'safe', 'fail']
/** What default configurations owe: so many passes, and no failure. */
const LEAST_PASSES = 13

/** How often each verdict was given. */
export function counts({ judged }: ColumnResult): Readonly<Record<Verdict, number>> {
  const counted = { pass: 0, partial: 0, safe: 0, fail: 0 }
  for (const { verdict } of judged) counted[verdict] += 1
  return counted
}

/** Why a column is not good enough, a line each; empty when it is. With whole delivery every fault must pass. */
export function shortcomings(column: ColumnResult): readonly string[] {
  const { pass, fail } = counts(column)
  const least = column.delivery === 'whole' ? column.judged.length : Math.min(LEAST_PASSES, column.judged.length)
  const name = nameOf(column)
  return [
    ...(pass < least ? [`${name}: ${pass} pass, and ${least} must`] : []),
    ...(fail > 0 ? [`${name}: ${fail} fail, and none may`] : []),
  ]
}

function nameOf({ caller, delivery }: ColumnResult): string {
  return delivery === 'whole' ? `${caller}, whole` : caller
}

/** The scorecard as Markdown, with a line for each fault that is no plain pass. */
export function scorecard(columns: readonly ColumnResult[]): readonly string[] {
  const [first] = columns
  const names = columns.map(nameOf)
  const rows = (first?.judged ?? []).map(({ fault }, row) => {
    const cells = columns.map(({ judged }) => cellOf(judged[row]))
    return `| ${fault.id} | ${fault.title} | ${cells.join(' | ')} |`
  })
  const sums = columns.map((column) => {
    const counted = counts(column)
    return VERDICTS.map((verdict) => counted[verdict]).join(' / ')
  })
  return [
    `| | fault | ${names.join(' | ')} |`,
    `|---|---|${names.map(() => '---').join('|')}|`,
    ...rows,
    `| | pass / partial / safe / fail | ${sums.join(' | ')} |`,
  ]
}

/** Why faults did not pass, a line each. */
export function reasons(columns: readonly ColumnResult[]): readonly string[] {
  return columns.flatMap((column) =>
    column.judged
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ fault, verdict, because }) => `${nameOf(column)} ${fault.id} ${verdict}: ${because}`),
  )
}

function cellOf(judged: Judged | undefined): string {
  if (!judged) return ''
  const { verdict, seen } = judged
  const time = (seen.call.ms / 1000).toFixed(1)
  return `**${verdict}** ${seen.primary.length}+${seen.fallback.length}, ${time} s`
}
