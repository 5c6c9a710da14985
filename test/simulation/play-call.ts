import { type Amounts, NO_AMOUNTS, ONE_UNIT, plusAmounts, wholeUnits } from '../../src/canonical/amounts.ts'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { CENT, callContext, closedWith, usageRow } from '../../src/money/money.contract.ts'
import type { Reservation } from '../../src/money/reservation.ts'
import type { UsageRow } from '../../src/storage/contracts/ledger-store.ts'
import { USERS } from './budgets-of-scenario.ts'
import type { GatewayProcess } from './process.ts'
import type { Call } from './scenario.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { SentAttempt, TakenCall, Witness } from './witness.ts'

/** Where calls are played. */
export interface Stage {
  readonly time: VirtualTime
  readonly witness: Witness
  readonly trace: (line: () => string) => void
  /** The budgets of a call whose reserve lasted from one instant to another, ms of virtual time. */
  readonly windowsOf: (call: Call, fromMs: number, toMs: number) => ReadonlyMap<string, readonly string[]>
  /** How long what a call leaves is on its way to the ledger at most. */
  readonly returnMs: number
  /** Says whether, from now on until the answer is asked for, some budget of the call was short at any time. */
  readonly watchShortage: (call: Call, needs: Amounts, runs: boolean) => () => boolean
}

/** Plays one exchange as the gateway does: hold, note and send each attempt, hold more half way, settle. */
export async function playCall(stage: Stage, process: GatewayProcess, call: Call, id: string): Promise<void> {
  const { time, witness } = stage
  const { books } = process
  if (!books) return
  const needs = amountsOf(call.holds)
  const wasShort = stage.watchShortage(call, needs, false)
  const askedAtMs = time.nowMs
  let reservation: Reservation
  try {
    const context = callContext('acme', { userId: USERS[call.user] })
    reservation = await books.reserve({ traceId: id, keyId: null, context, worstCase: needs })
  } catch (error) {
    const { code } = error as GatewayError
    stage.trace(() => `${process.name} ${id} is refused: ${(error as Error).message}`)
    if (!(error instanceof GatewayError)) witness.accuse(`${id} failed: ${String(error)}`)
    if (code !== 'ledger_unavailable' && !wasShort()) witness.accuse(`${id} was refused: ${(error as Error).message}`)
    const refusal = usageRow(`${id}_refused`, 0n, { attempt: 0, status: 'refused' })
    return books.record(closedWith(refusal)).catch(() => undefined)
  }
  wasShort()
  const budgets = stage.windowsOf(call, askedAtMs, time.nowMs)
  const taken: TakenCall = {
    id,
    budgets,
    held: needs,
    process,
    heldBy: process.ids.at(-1) ?? '',
    orphaned: false,
    voidsCount: false,
    posted: false,
    told: false,
    freeAtMs: Number.POSITIVE_INFINITY,
  }
  witness.calls.set(id, taken)
  stage.trace(() => `${process.name} ${id} holds ${needs.usd} nano-USD, ${needs.tokens / ONE_UNIT} tokens`)
  const rows = await run(stage, taken, call, reservation)
  try {
    await reservation.settle(closedWith(...(rows.length > 0 ? rows : [nothingSent(id)])))
    taken.told = true
    taken.freeAtMs = time.nowMs + stage.returnMs
    stage.trace(() => `${process.name} ${id} is settled`)
  } catch {
    // Its caller hears an error; the settlement goes on.
  }
}

/** Sends the attempts. Gives the rows of those that were billed. */
async function run(stage: Stage, taken: TakenCall, call: Call, reservation: Reservation): Promise<readonly UsageRow[]> {
  const { time, witness } = stage
  const rows: UsageRow[] = []
  const most = plusAmounts(amountsOf(call.holds), call.topUp ? amountsOf(call.topUp, 0n) : NO_AMOUNTS)
  const last = call.attempts.lastIndexOf('billed')
  await time.sleep(call.lagMs)
  for (const [index, attempt] of call.attempts.entries()) {
    const id = `${taken.id}_at${index + 1}`
    const about = { attempt: index + 1, traceId: taken.id, userId: USERS[call.user] }
    const bound = usageRow(id, most.usd, { ...about, ...tokensOf(most), status: 'presumed_spent' })
    try {
      reservation.dispatch(bound)
    } catch {
      // It could not be noted: nothing may be sent.
      break
    }
    const sent: SentAttempt = { call: taken, bound, left: attempt === 'billed', real: null }
    witness.attempts.set(id, sent)
    stage.trace(() => `${taken.id} sends ${id}`)
    await time.sleep(call.lastsMs / (2 * call.attempts.length))
    const spends = index === last ? await lengthOf(stage, taken, call, reservation) : NO_AMOUNTS
    await time.sleep(call.lastsMs / (2 * call.attempts.length))
    if (!sent.left) continue
    witness.excuseOverrun(taken, spends)
    sent.real = usageRow(id, spends.usd, { ...about, ...tokensOf(spends) })
    rows.push(sent.real)
  }
  return rows
}

/** What the answer costs in the end. One that would need more than it can hold is cut; only a provider that keeps to no maximum costs more than that. */
async function lengthOf(stage: Stage, taken: TakenCall, call: Call, reservation: Reservation): Promise<Amounts> {
  const spends = amountsOf(call.spends)
  if (!call.topUp) return spends
  const more = amountsOf(call.topUp, 0n)
  const wasShort = stage.watchShortage(call, more, true)
  const got = await reservation.topUp(more)
  const short = wasShort()
  if (got) {
    taken.held = plusAmounts(taken.held, more)
    return spends
  }
  if (!short) stage.witness.accuse(`${taken.id} was not given more`)
  return smaller(spends, taken.held)
}

function smaller(left: Amounts, right: Amounts): Amounts {
  const least = (one: bigint, other: bigint): bigint => [one, other].sort((a, b) => (a < b ? -1 : 1))[0] ?? one
  return {
    usd: least(left.usd, right.usd),
    tokens: least(left.tokens, right.tokens),
    requests: least(left.requests, right.requests),
  }
}

function amountsOf({ cents, tokens }: Call['holds'], requests = ONE_UNIT): Amounts {
  return { usd: BigInt(cents) * CENT, tokens: wholeUnits(tokens), requests }
}

function tokensOf({ tokens }: Amounts): Pick<UsageRow, 'inputTokens' | 'outputTokens'> {
  const count = Number(tokens / ONE_UNIT)
  const outputTokens = Math.floor(count / 3)
  return { inputTokens: count - outputTokens, outputTokens }
}

/** The row of an exchange that ended after its hold and before its first attempt. */
function nothingSent(id: string): UsageRow {
  return usageRow(`${id}_unsent`, 0n, { attempt: 0, status: 'failed' })
}
