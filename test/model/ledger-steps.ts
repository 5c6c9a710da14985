import * as instances from '../../src/storage/protocol/instances.ts'
import type { Outcome } from '../../src/storage/protocol/ledger-state.ts'
import * as lending from '../../src/storage/protocol/lending.ts'
import * as settling from '../../src/storage/protocol/settling.ts'
import type { ModelLedger } from './state.ts'

/** The steps of the ledger that the memory store takes too. A planted bug is another function in one of these places. */
export const LEDGER_STEPS = {
  register: instances.register,
  lend: lending.lend,
  giveBack: lending.giveBack,
  answerRecall: lending.answerRecall,
  recallsOf: lending.recallsOf,
  keep: lending.keep,
  settle: settling.settle,
  bury: settling.bury,
  adjust: settling.adjust,
}

/** What the ledger does. */
export type LedgerSteps = typeof LEDGER_STEPS

/** The ledger after a step. The one before stays as it was. */
export function after<Answer>(ledger: ModelLedger, { changes }: Outcome<Answer>): ModelLedger {
  return {
    windows: merged(ledger.windows, changes.windows),
    instances: merged(ledger.instances, changes.instances),
    usage: merged(
      ledger.usage,
      changes.rows?.flatMap(({ usage }) => usage.map((row) => [row.id, row] as const)),
    ),
    requests: ledger.requests,
    adjustments: merged(
      ledger.adjustments,
      changes.adjustments?.map(({ id, budgetKey, amount }) => [id, { budget: budgetKey, amount }] as const),
    ),
  }
}

function merged<Value>(
  before: ReadonlyMap<string, Value>,
  changes: Iterable<readonly [string, Value]> = [],
): ReadonlyMap<string, Value> {
  let map: Map<string, Value> | null = null
  for (const [key, value] of changes) {
    map ??= new Map(before)
    map.set(key, value)
  }
  return map ?? before
}
