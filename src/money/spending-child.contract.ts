import { writeSync } from 'node:fs'
import { systemClock } from '../lib/clock.ts'
import { openPostgresStorage } from '../storage/postgres/open.ts'
import { PATIENT } from '../storage/postgres/test-server.contract.ts'
import { createMoney } from './create-money.ts'
import { CENT, callContext, closedWith, DOLLAR, TestBudgets, usageRow, usd } from './money.contract.ts'

// A process for a test to kill: it spends money on a shared database as fast as it can and writes a line for every call whose end it saw.
// Arguments: database URL, dispatch directory, a name for its attempts.

const [, , url = '', dispatchDir = '', name = ''] = process.argv
const storage = await openPostgresStorage({ url, clock: systemClock, limits: PATIENT })
const budgets = TestBudgets.daily(20n * DOLLAR)
const timings = { holdWaitMs: 20_000, settleWaitMs: 20_000 }
const money = await createMoney({ store: storage.ledger, clock: systemClock, budgets, dispatchDir, timings })

async function spend(index: number): Promise<void> {
  const id = `at_${name}_${index}`
  const reservation = await money.reserve({
    traceId: id,
    keyId: null,
    context: callContext('acme'),
    worstCase: usd(2n * CENT),
  })
  reservation.dispatch(usageRow(id, 2n * CENT, { status: 'presumed_spent' }))
  writeSync(1, `sent ${id}\n`)
  await new Promise((resolve) => setTimeout(resolve, 1 + (index % 7)))
  await reservation.settle(closedWith(usageRow(id, CENT / 2n)))
  writeSync(1, `settled ${id}\n`)
}

await Promise.all(
  [0, 1, 2, 3].map(async (lane) => {
    for (let index = lane; ; index += 4)
      await spend(index).catch(() => new Promise((resolve) => setTimeout(resolve, 5)))
  }),
)
