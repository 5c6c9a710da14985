import { writeSync } from 'node:fs'
import { dispatchDirectory } from './dispatch-directory.ts'
import { DispatchFile } from './dispatch-file.ts'
import { thisHost } from './host.ts'
import { CENT, DOLLAR, usageRow } from './money.contract.ts'

// A process for the recovery test to kill: it notes a call, says so, and then waits for ever.

const { machine, self } = thisHost()
const log = new DispatchFile(dispatchDirectory(process.argv[2] ?? ''), { instanceId: 'gw_child', machine, ...self })
const noon = Date.parse('2026-11-21T12:00:00Z')
const window = {
  key: 'tenant=acme/usd/day',
  windowId: 'day:2026-11-21',
  unit: 'usd' as const,
  limit: DOLLAR,
  endsAt: noon + 3_600_000,
}
const presumed = (id: string) => usageRow(id, 3n * CENT, { status: 'presumed_spent' })
log.note(presumed('at_sent'), [window])
writeSync(1, 'sent\n')
setInterval(() => undefined, 60_000)
