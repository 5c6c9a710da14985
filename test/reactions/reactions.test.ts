import { expect, it } from 'vitest'
import { startRunning } from '../../e2e/running-gateway.ts'
import { departures } from './departures.ts'
import { refusalsOfHungLedger } from './hung-ledger.ts'
import { reportOf } from './report.ts'

it('`npm run reactions` measures every departure, and every refusal while PostgreSQL hangs', {
  timeout: 120_000,
}, async () => {
  const running = await startRunning()
  const left = await departures(running, 1, () => undefined)
  await running.stop()
  const refused = await refusalsOfHungLedger(2)
  expect(left).toHaveLength(12)
  expect(refused.tookMs.length).toBeGreaterThanOrEqual(32)
  expect(reportOf(left, refused).join('\n')).toMatch(/ledger_unavailable +32 /)
})
