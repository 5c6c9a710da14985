import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wholeUnits } from '../canonical/amounts.ts'
import { identityOf } from '../lib/process-identity.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { dispatchDirectory } from './dispatch-directory.ts'
import { DispatchFile } from './dispatch-file.ts'
import { attemptLine, type DispatchOwner, keptLine, ownerLine, takenBackLine } from './dispatch-line.ts'
import { FileWatch } from './file-watch.ts'
import { thisHost } from './host.ts'
import { CENT, closedWith, DOLLAR, type HandClock, handClock, usageRow } from './money.contract.ts'
import { SILENT } from './money-log.ts'
import { recover } from './recover.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const LEASE_MS = 30_000
const window = {
  key: 'tenant=acme/usd/day',
  windowId: 'day:2026-11-21',
  unit: 'usd' as const,
  limit: DOLLAR,
  endsAt: NOON + 3_600_000,
}
const presumed = (id: string) => usageRow(id, 3n * CENT, { status: 'presumed_spent' })
/** No process has this pid: it is beyond what Linux and macOS give out. */
const NOBODY = { pid: 2 ** 30, startedAt: null }

let directory: string
let clock: HandClock
let watch: FileWatch
let storage: ReturnType<typeof openMemoryStorage>

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-recover-'))
  clock = handClock(NOON)
  watch = new FileWatch(() => clock.monotonic())
  storage = openMemoryStorage({ clock })
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const files = (): string[] => readdirSync(directory).sort()
const rows = async () => (await storage.reader.events({ limit: 100 })).rows
const state = async () => (await storage.ledger.budgets()).find((one) => one.key === window.key)
const look = (changes: Partial<Parameters<typeof recover>[0]> = {}) =>
  recover({
    store: storage.ledger,
    directory: dispatchDirectory(directory),
    instanceId: 'me',
    host: thisHost(),
    leaseMs: LEASE_MS,
    watch,
    log: SILENT,
    ...changes,
  })
function leave(name: string, owner: DispatchOwner, ...lines: readonly string[]): void {
  writeFileSync(join(directory, name), ownerLine(owner) + lines.join(''))
}
async function lend(instanceId: string): Promise<void> {
  await storage.ledger.registerInstance(instanceId)
  await storage.ledger.growSlices(instanceId, [{ window, atLeast: 10n * CENT, wanted: 10n * CENT }])
}

describe('recovery', () => {
  test('books what a dead process had sent at its bound, and gives back the rest of its slices', async () => {
    await lend('dead')
    leave(
      'dead.1.jsonl',
      { instanceId: 'dead', machine: thisHost().machine, ...NOBODY },
      attemptLine(presumed('at_1'), [window]),
    )
    expect(await look()).toEqual({ instances: 1, attempts: 1 })
    expect((await rows()).map((row) => [row.id, row.status, row.cost])).toEqual([['at_1', 'presumed_spent', 3n * CENT]])
    expect(await state()).toMatchObject({ posted: 3n * CENT, sliced: 0n })
    expect(files()).toEqual([])
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
  })

  test('a stream that was noted again is booked once, at its largest line, in whichever file that is', async () => {
    await lend('dead')
    const owner = { instanceId: 'dead', machine: thisHost().machine, ...NOBODY }
    const larger = attemptLine({ ...presumed('at_1'), cost: 5n * CENT }, [window])
    const taken = attemptLine(presumed('at_2'), [window])
    // By name the tenth file comes before the second.
    leave('dead.10.jsonl', owner, larger, taken, takenBackLine('at_2'))
    leave('dead.2.jsonl', owner, attemptLine(presumed('at_1'), [window]), taken, takenBackLine('at_2'))
    expect(await look()).toEqual({ instances: 1, attempts: 1 })
    expect((await rows()).map((row) => [row.id, row.cost])).toEqual([['at_1', 5n * CENT]])
    expect(await state()).toMatchObject({ posted: 5n * CENT, sliced: 0n })
  })

  test('each budget is booked in its own unit, and an exchange of several attempts is one request', async () => {
    const windows = (['usd', 'tokens', 'requests'] as const).map((unit) => ({
      ...window,
      key: `tenant=acme/${unit}/day`,
      unit,
      limit: wholeUnits(1_000_000),
    }))
    await storage.ledger.registerInstance('dead')
    const asks = windows.map((one) => ({ window: one, atLeast: wholeUnits(1_000), wanted: wholeUnits(1_000) }))
    await storage.ledger.growSlices('dead', asks)
    const sent = (id: string, attempt: number) => ({ ...presumed(id), attempt, inputTokens: 30, outputTokens: 70 })
    const owner = { instanceId: 'dead', machine: thisHost().machine, ...NOBODY }
    leave(
      'dead.1.jsonl',
      owner,
      attemptLine(sent('at_1', 1), windows, true),
      attemptLine(sent('at_2', 2), windows, false),
    )
    await look()
    const states = await storage.ledger.budgets()
    expect(Object.fromEntries(states.map(({ unit, posted }) => [unit, posted]))).toEqual({
      usd: 6n * CENT,
      tokens: wholeUnits(200),
      requests: wholeUnits(1),
    })
    for (const { sliced } of states) expect(sliced).toBe(0n)
  })

  test('what was settled before the crash is not booked again', async () => {
    await lend('dead')
    const settled = { ...closedWith(usageRow('at_1', CENT)), postings: [{ window, spent: CENT }] }
    await storage.ledger.settle('dead', [settled])
    const lines = ['at_1', 'at_2'].map((id) => attemptLine(presumed(id), [window]))
    leave('dead.1.jsonl', { instanceId: 'dead', machine: thisHost().machine, ...NOBODY }, ...lines)
    await look()
    expect((await rows()).map((row) => [row.id, row.cost]).sort()).toEqual([
      ['at_1', CENT],
      ['at_2', 3n * CENT],
    ])
    expect(await state()).toMatchObject({ posted: 4n * CENT, sliced: 0n })
  })

  test('settlements that could only be kept are settled as they are, and stand for all attempts of their exchange', async () => {
    await lend('dead')
    const owner = { instanceId: 'dead', machine: thisHost().machine, ...NOBODY }
    const closed = closedWith(usageRow('at_1', CENT))
    const settlement = { ...closed, postings: [{ window, spent: CENT }] }
    const lines = ['at_1', 'at_2', 'at_3'].map((id) => attemptLine(presumed(id), [window]))
    const kept = keptLine({ settlement, attempts: ['at_1', 'at_2'] })
    leave('dead.1.jsonl', owner, ...lines)
    leave('dead.2.jsonl', owner, kept, kept, kept.slice(0, -20))
    await look()
    expect((await rows()).map((row) => [row.id, row.status, row.cost]).sort()).toEqual([
      ['at_1', 'completed', CENT],
      ['at_3', 'presumed_spent', 3n * CENT],
    ])
    expect(await state()).toMatchObject({ posted: 4n * CENT, sliced: 0n })
    expect((await storage.reader.trace('trace-at_1', null))?.request).toEqual(closed.request)
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
  })

  test('a lease that is over tells nothing after an outage, when nobody could renew one', async () => {
    await lend('silent')
    clock.advance(LEASE_MS + 1)
    expect(await look({ leasesTell: false })).toEqual({ instances: 0, attempts: 0 })
    expect(await look()).toEqual({ instances: 1, attempts: 0 })
  })

  test('all segments of an instance count, lines taken back and torn ones do not', async () => {
    const owner = { instanceId: 'dead', machine: thisHost().machine, ...NOBODY }
    const line = (id: string): string => attemptLine(presumed(id), [window])
    leave('dead.1.jsonl', owner, line('at_1'), line('at_2'), takenBackLine('at_2'))
    leave('dead.2.jsonl', owner, line('at_3'), line('at_4').slice(0, -20))
    expect(await look()).toEqual({ instances: 1, attempts: 2 })
    expect((await rows()).map((row) => row.id).sort()).toEqual(['at_1', 'at_3'])
    expect(files()).toEqual([])
  })

  test('a living process is not buried, however long it was silent', async () => {
    await lend('alive')
    const owner = { instanceId: 'alive', machine: thisHost().machine, ...(identityOf(process.ppid) ?? NOBODY) }
    new DispatchFile(dispatchDirectory(directory), owner).note(presumed('at_1'), [window])
    clock.advance(10 * LEASE_MS)
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    clock.advance(10 * LEASE_MS)
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    expect(files()).toEqual(['alive.1.jsonl'])
    expect(await state()).toMatchObject({ sliced: 10n * CENT })
  })

  test('an earlier id of this process loses its slices with its lease, and keeps its attempts', async () => {
    await lend('earlier')
    const owner = { instanceId: 'earlier', machine: thisHost().machine, ...(identityOf(process.pid) ?? NOBODY) }
    new DispatchFile(dispatchDirectory(directory), owner).note(presumed('at_1'), [window])
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    clock.advance(LEASE_MS)
    expect(await look()).toEqual({ instances: 1, attempts: 0 })
    expect(files()).toEqual(['earlier.1.jsonl'])
    expect((await state())?.sliced ?? 0n).toBe(0n)
  })

  test('a process that got the pid of a dead one is not taken for it, where the system tells them apart', async () => {
    const owner = { instanceId: 'dead', machine: thisHost().machine, pid: process.pid, startedAt: 'another boot/1' }
    leave('dead.1.jsonl', owner, attemptLine(presumed('at_1'), [window]))
    const told = identityOf(process.pid)?.startedAt !== null
    expect((await look()).instances).toBe(told ? 1 : 0)
  })

  test('this instance never buries itself', async () => {
    await lend('me')
    leave(
      'me.1.jsonl',
      { instanceId: 'me', machine: thisHost().machine, ...NOBODY },
      attemptLine(presumed('at_1'), [window]),
    )
    clock.advance(10 * LEASE_MS)
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    expect(files()).toEqual(['me.1.jsonl'])
  })

  test('of an instance on another machine only its silence can tell', async () => {
    await lend('far')
    const owner = { instanceId: 'far', machine: 'elsewhere/', ...NOBODY }
    leave('far.1.jsonl', owner, attemptLine(presumed('at_1'), [window]))
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    clock.advance(LEASE_MS)
    expect(await look()).toEqual({ instances: 1, attempts: 1 })
  })

  test('rows are booked even when somebody without the files was quicker to bury', async () => {
    await lend('far')
    await storage.ledger.buryInstance('far', [])
    leave(
      'far.1.jsonl',
      { instanceId: 'far', machine: 'elsewhere/', ...NOBODY },
      attemptLine(presumed('at_1'), [window]),
    )
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    clock.advance(LEASE_MS)
    // A file that is still touched belongs to somebody who lives.
    utimesSync(join(directory, 'far.1.jsonl'), new Date(0), new Date(0))
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    clock.advance(2 * LEASE_MS)
    expect(await look()).toEqual({ instances: 1, attempts: 1 })
    expect(await state()).toMatchObject({ posted: 3n * CENT, sliced: 0n })
  })

  describe.each(['is heard of just before it is buried', 'outlives who wanted to bury it'])(
    'an instance that %s',
    (how) => {
      test('passes no limit with what its slices have', async () => {
        await lend('far')
        const far = { instanceId: 'far', machine: 'elsewhere/', ...NOBODY }
        leave('far.1.jsonl', far, attemptLine(presumed('at_1'), [window]))
        clock.advance(LEASE_MS)
        const heard = () => storage.ledger.heartbeat('far')
        const buryInstance: LedgerStore['buryInstance'] = async (...burial) => {
          if (how.startsWith('outlives')) throw new Error('killed')
          await heard()
          return storage.ledger.buryInstance(...burial)
        }
        await look({ store: { ...storage.ledger, buryInstance } }).catch(() => null)
        await heard()
        expect(files()).toEqual(['far.1.jsonl'])
        // Of its ten cents it knows one to be spent, and spends the rest. Somebody else takes all that there is to have.
        const spend = (instanceId: string, id: string, cents: bigint) =>
          storage.ledger.settle(instanceId, [
            { ...closedWith(usageRow(id, cents)), postings: [{ window, spent: cents }] },
          ])
        await spend('far', 'at_1', CENT)
        await storage.ledger.registerInstance('other')
        const [loan] = await storage.ledger.growSlices('other', [{ window, atLeast: 1n, wanted: DOLLAR }])
        await spend('far', 'at_2', 9n * CENT)
        await spend('other', 'at_3', loan?.granted ?? 0n)
        expect(await state()).toMatchObject({ posted: DOLLAR, sliced: 0n })
      })
    },
  )

  test('an instance that left no file gives back its slices when its lease is over', async () => {
    await lend('gone')
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    clock.advance(LEASE_MS)
    expect(await look({ directory: null })).toEqual({ instances: 1, attempts: 0 })
    expect((await state())?.sliced ?? 0n).toBe(0n)
  })

  test('several instances may book the same one at once', async () => {
    await lend('dead')
    leave(
      'dead.1.jsonl',
      { instanceId: 'dead', machine: thisHost().machine, ...NOBODY },
      attemptLine(presumed('at_1'), [window]),
    )
    await Promise.all([look(), look({ instanceId: 'you' }), look({ instanceId: 'they' })])
    expect(await rows()).toHaveLength(1)
    expect(await state()).toMatchObject({ posted: 3n * CENT, sliced: 0n })
  })

  test('when the ledger does not answer the files stay for the next time', async () => {
    leave(
      'dead.1.jsonl',
      { instanceId: 'dead', machine: thisHost().machine, ...NOBODY },
      attemptLine(presumed('at_1'), [window]),
    )
    const store = { ...storage.ledger, settle: () => Promise.reject(new Error('down')) }
    await expect(look({ store })).rejects.toThrow('down')
    expect(files()).toEqual(['dead.1.jsonl'])
    expect(await look()).toEqual({ instances: 1, attempts: 1 })
  })

  test('a file whose making was interrupted goes when it is old, and other files stay', async () => {
    writeFileSync(join(directory, 'new.1.jsonl'), '{"headg')
    writeFileSync(join(directory, 'old.1.jsonl'), '')
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    await look()
    clock.advance(2 * LEASE_MS)
    utimesSync(join(directory, 'new.1.jsonl'), new Date(0), new Date(0))
    await look()
    expect(files()).toEqual(['new.1.jsonl', 'notes.txt'])
  })

  test('a process that is killed right after it sent a call is booked once by the next', async () => {
    await lend('gw_child')
    const child = spawn(process.execPath, [new URL('./kill-child.contract.ts', import.meta.url).pathname, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(await look()).toEqual({ instances: 0, attempts: 0 })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(readFileSync(join(directory, files()[0] ?? ''), 'utf8').split('\n')).toHaveLength(3)
    expect(await look()).toEqual({ instances: 1, attempts: 1 })
    expect((await rows()).map((row) => [row.id, row.status])).toEqual([['at_sent', 'presumed_spent']])
    expect(await state()).toMatchObject({ posted: 3n * CENT, sliced: 0n })
    expect(files()).toEqual([])
  })
})
