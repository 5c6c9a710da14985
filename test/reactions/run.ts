/*
 * How quickly the gateway reacts to what goes wrong around it. Times depend on the machine, so they are printed and no test asserts them.
 */
import { startProgress } from '../../bench/progress.ts'
import { INBOUND_FORMATS } from '../../e2e/inbound-formats.ts'
import { startRunning } from '../../e2e/running-gateway.ts'
import { departures, MOMENTS } from './departures.ts'
import { refusalsOfHungLedger } from './hung-ledger.ts'
import { reportOf } from './report.ts'

const TIMES = 100
const REFUSALS_IN_LANE = 60

const progress = startProgress(INBOUND_FORMATS.length * MOMENTS.length + 1)
const running = await startRunning()
const left = await departures(running, TIMES, () => progress.step('callers leave'))
await running.stop()
const refused = await refusalsOfHungLedger(REFUSALS_IN_LANE)
progress.step('PostgreSQL hangs')
progress.done()
console.log(reportOf(left, refused).join('\n'))
