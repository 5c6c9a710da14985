import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import type { AlertRow } from '../storage/contracts/alert-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { type Alert, AlertRejected, type AlertSink } from './alert.ts'
import { type AlertDeskOptions, createAlertDesk } from './alert-desk.ts'

function alert(changes: Partial<Alert> = {}): Alert {
  return {
    key: 'k',
    kind: 'budget',
    scope: { tenant: 'acme' },
    message: 'Half is gone.',
    details: {},
    quietMs: null,
    ...changes,
  }
}

/** A sink that fails as it is told to, and a desk over a ledger that others may share. */
function setting(more: Partial<AlertDeskOptions> & { readonly failures?: readonly Error[] } = {}) {
  const told: AlertRow[] = []
  const failures = [...(more.failures ?? [])]
  const tries = vi.fn()
  const sink: AlertSink = {
    name: 'test',
    wants: (kind) => kind !== 'runaway',
    async deliver(row) {
      tries()
      const failure = failures.shift()
      if (failure) throw failure
      told.push(row)
    },
  }
  const { alerts: store } = openMemoryStorage({ clock: systemClock })
  const log = { warn: vi.fn() }
  const desk = createAlertDesk({ store, sinks: () => [sink], clock: systemClock, log, pausesMs: [1, 1], ...more })
  return { desk, told, tries, log, store }
}

describe('an alert', () => {
  it('is kept and told once, however often it is raised', async () => {
    const { desk, told, store } = setting()
    for (let count = 0; count < 5; count += 1) desk.raise(alert())
    await vi.waitFor(() => expect(told).toHaveLength(1))
    desk.raise(alert())
    desk.raise(alert({ key: 'other' }))
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect((await store.list({ limit: 9 })).rows.map(({ key }) => key)).toEqual(['other', 'k'])
    await desk.close()
  })

  it('is told by one of the instances that notice it', async () => {
    const one = setting()
    const other = setting({ store: one.store })
    one.desk.raise(alert())
    other.desk.raise(alert())
    await Promise.all([one.desk.close(), other.desk.close()])
    expect([...one.told, ...other.told]).toHaveLength(1)
  })

  it('is told again after its quiet time', async () => {
    const { desk, told } = setting()
    desk.raise(alert({ quietMs: 0 }))
    await vi.waitFor(() => expect(told).toHaveLength(1))
    desk.raise(alert({ quietMs: 0 }))
    await vi.waitFor(() => expect(told).toHaveLength(2))
    await desk.close()
  })

  it('goes to those sinks only that want its kind', async () => {
    const { desk, tries, store } = setting()
    desk.raise(alert({ kind: 'runaway' }))
    await desk.close()
    expect(tries).not.toHaveBeenCalled()
    expect((await store.list({ limit: 9 })).rows).toHaveLength(1)
  })

  it('is delivered again a few times, then given up with a line in the log', async () => {
    const error = new Error('down')
    const soon = setting({ failures: [error, error] })
    soon.desk.raise(alert())
    await vi.waitFor(() => expect(soon.told).toHaveLength(1))
    expect(soon.log.warn).not.toHaveBeenCalled()
    const never = setting({ failures: [error, error, error] })
    never.desk.raise(alert())
    await vi.waitFor(() => expect(never.log.warn).toHaveBeenCalled())
    expect([never.told.length, never.tries.mock.calls.length]).toEqual([0, 3])
    expect(never.log.warn).toHaveBeenCalledWith(
      { err: error, alert: 'k', sink: 'test' },
      'an alert could not be delivered',
    )
  })

  it('is not delivered again where it is not wanted', async () => {
    const { desk, tries, log } = setting({ failures: [new AlertRejected('404')] })
    desk.raise(alert())
    await vi.waitFor(() => expect(log.warn).toHaveBeenCalled())
    expect(tries).toHaveBeenCalledTimes(1)
    await desk.close()
  })

  it('that the ledger would not keep is said in the log, and may be raised again', async () => {
    const raise = vi.fn().mockRejectedValue(new Error('away'))
    const { desk, told, log } = setting({ store: { raise } })
    desk.raise(alert())
    await vi.waitFor(() => expect(log.warn).toHaveBeenCalledTimes(1))
    expect([told.length, raise.mock.calls.length]).toEqual([0, 3])
    desk.raise(alert())
    expect(raise).toHaveBeenCalledTimes(4)
    await desk.close()
  })
})

describe('a desk', () => {
  it('drops what comes in a flood, and says so', async () => {
    const gate = Promise.withResolvers<null>()
    const { desk, log } = setting({ store: { raise: () => gate.promise } })
    for (let count = 0; count < 1_002; count += 1) desk.raise(alert({ key: `k${count}` }))
    expect(log.warn).toHaveBeenCalledTimes(2)
    gate.resolve(null)
    await desk.close()
  })

  it('closes without waiting for the next try, and takes nothing more', async () => {
    const { desk, tries, told } = setting({ failures: [new Error('down')], pausesMs: [3_600_000] })
    desk.raise(alert())
    await vi.waitFor(() => expect(tries).toHaveBeenCalled())
    await desk.close()
    desk.raise(alert({ key: 'late' }))
    expect([told.length, tries.mock.calls.length]).toEqual([0, 1])
  })
})
