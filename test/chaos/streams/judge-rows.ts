import { nanoUsdFrom } from '../../../src/canonical/money.ts'
import { countTokens } from '../../../src/providers/simulated/tokens.ts'
import type { Heard } from './heard.ts'
import type { Ending, Testimony } from './judge.ts'
import type { StreamRow } from './rows.ts'
import { mayLackUsage, type Sent, type Told } from './sent.ts'
import { POOR_EVENT_TOKENS, POOR_USD, PRICES, providerOf } from './upstreams.ts'

/*
 * What the ledger says of one stream, held against what the wall sent: a row for each attempt and none beside, the tokens that the provider counted, and the status that
 * its caller saw.
 */

/** What is wrong with the rows of a stream. `at` is the attempt that answered, -1 for none. */
export function wrongRows(
  { plan, heard, sent, rows }: Testimony,
  told: readonly Told[],
  ending: Ending,
  at: number,
): string[] {
  const problems: string[] = []
  const attempts = rows.filter(({ attempt }) => attempt > 0)
  const names = sent.map(({ part, turn }) => providerOf(part.upstream, turn))
  // A call that was left on its way need not have been heard by the provider, and is booked all the same.
  const unheard = (row: StreamRow) =>
    ending === 'left' && row.status === 'client_gone' && !names.includes(row.provider ?? '')
  const booked = attempts.filter((row) => !unheard(row)).map(({ provider }) => provider)
  if (names.toSorted().join() !== booked.toSorted().join())
    problems.push(
      `the providers ${names.join(', ') || 'none'} were asked, and there are rows for ${booked.join(', ') || 'none'}`,
    )
  // Who left before anybody was asked may be gone before there is anything to write.
  if (rows.length === 0 && ending !== 'left') problems.push('there is no row')
  for (const row of attempts) {
    const index = names.indexOf(row.provider ?? '')
    const [one, what] = [sent[index], told[index]]
    if (!one || !what) continue
    const amiss = [...wrongMoney(row, one, what), ...(plan.isPoor ? beyondLimit(row, one, what) : [])]
    problems.push(...amiss.map((problem) => `row ${row.attempt} (${row.status}): ${problem}`))
    const problem = wrongStatus(row, index === at, ending, heard)
    if (problem) problems.push(`row ${row.attempt} (${row.status}): ${problem}`)
  }
  return problems
}

function wrongMoney(row: StreamRow, sent: Sent, { meaning, whole, choice }: Told): string[] {
  const problems: string[] = []
  const worth = BigInt(row.inputTokens) * PRICES.input + BigInt(row.outputTokens) * PRICES.output
  // A provider that bills on after we hung up is booked at its bound.
  if (row.cost !== worth && !(row.estimated && row.cost > worth))
    problems.push(`costs ${row.cost}, and its tokens are worth ${worth}`)
  const counted = meaning.usage
  const isCounted = counted !== null && counted.input !== null && counted.output !== null && !mayLackUsage(sent)
  if (row.status === 'completed' && whole === 'yes' && isCounted) {
    if (row.inputTokens !== counted.input || row.outputTokens !== counted.output)
      problems.push(
        `says ${row.inputTokens} + ${row.outputTokens} tokens, and the provider ${counted.input} + ${counted.output}`,
      )
    if (row.estimated) problems.push('is called an estimate, and the provider had counted')
  }
  const said = choice ? choice.text + choice.reasoning + choice.refusal : ''
  const wasShown = row.status === 'completed' || row.status === 'incomplete'
  if (wasShown && said.trim() !== '' && row.outputTokens === 0) problems.push('says that nothing was generated')
  if (wasShown && row.inputTokens === 0) problems.push('says that nothing was read')
  return problems
}

/**
 * A poor user makes one call, and no event of it is larger than the first: nothing may cost more than there is, but for one event. Either it came together with the
 * end of an answer, all of which its provider charges; or by it the gateway counted more than the cap that the provider had been told, which was held whole.
 */
function beyondLimit(row: StreamRow, sent: Sent, { whole }: Told): string[] {
  const beyond = row.cost - nanoUsdFrom(POOR_USD)
  if (beyond <= 0n) return []
  const isCharged = row.status === 'completed' && whole === 'yes' && !row.estimated
  const overCap = row.estimated ? row.outputTokens - (capTold(sent) ?? row.outputTokens) : 0
  const tokens = isCharged ? lastEventTokens(sent) : Math.min(overCap, COUNTED_EVENT_TOKENS)
  const allowed = row.passed ? BigInt(Math.max(0, tokens)) * PRICES.output : 0n
  return beyond <= allowed ? [] : [`costs ${row.cost}: ${beyond} beyond the limit of its user, and ${allowed} may be`]
}

/** The tokens of an event, as a gateway may count them that goes by its bytes. */
const COUNTED_EVENT_TOKENS = 3 * POOR_EVENT_TOKENS
const CAP_TOLD = /"max_?(?:completion_?|output_?)?tokens"\s*:\s*(\d+)/i

/** The cap in the request that a provider got; null when there is none. */
function capTold({ call }: Sent): number | null {
  const told = CAP_TOLD.exec(call.rawBody)?.[1]
  return told === undefined ? null : Number(told)
}

function lastEventTokens({ part }: Sent): number {
  const { chunks } = part.plan
  return Array.isArray(chunks) ? countTokens(chunks.at(-1) ?? '') : 0
}

function wrongStatus(row: StreamRow, isAnswer: boolean, ending: Ending, heard: Heard): string | null {
  const code = heard.meaning.error?.code ?? null
  const expected: Readonly<Record<Ending, readonly string[]>> = {
    whole: ['completed'],
    partial: ['incomplete', 'failed'],
    spent: ['incomplete'],
    cut: ['incomplete', 'failed'],
    refused: ['failed'],
    // The answer may have been over before its caller left, or have broken.
    left: ['client_gone', 'completed', 'incomplete', 'failed'],
    nothing: [],
  }
  const isLeft = ending === 'left' || heard.ended === 'left'
  const allowed = isLeft
    ? [...expected.left, ...expected[ending]]
    : isAnswer
      ? expected[ending]
      : ['failed', 'incomplete']
  if (!allowed.includes(row.status)) return `its caller saw: ${ending}`
  if (row.cut && isAnswer && ending !== 'spent' && ending !== 'left')
    return `its budget ended it, and its caller saw: ${ending}`
  if ((row.status === 'failed' || ending === 'cut') && row.errorCode === null) return 'no error is named'
  if (
    ending === 'cut' &&
    isAnswer &&
    code !== null &&
    /^[a-z_]+$/.test(code) &&
    row.errorCode !== code &&
    code.startsWith('upstream_')
  )
    return `names ${row.errorCode}, and its caller saw ${code}`
  return null
}
