import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AlertEntry } from './alert-store.ts'
import { type OpenStorage, type StorageUnderTest, unique } from './samples.contract.ts'

function entry(changes: Partial<AlertEntry> = {}): AlertEntry {
  return {
    key: unique('budget'),
    kind: 'budget',
    scope: { tenant: 'acme' },
    message: 'Tenant acme has used 80% of its daily budget.',
    details: { share: 0.8 },
    ...changes,
  }
}

/** What every store of alerts must do. */
export function alertStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  it('keeps an alert as it was raised, with an id and the store’s own time', async () => {
    const { alerts, ledger } = under.storage
    const raised = entry({ details: { nested: [1, null, { text: 'x' }] } })
    const row = await alerts.raise(raised, null)
    expect(row).toMatchObject(raised)
    expect(Math.abs((row?.at ?? 0) - (await ledger.now()))).toBeLessThan(60_000)
    expect((await alerts.list({ limit: 1 })).rows).toEqual([row])
  })

  it('keeps one of the same key, however many raise it at once', async () => {
    const { alerts } = under.storage
    const raised = entry()
    const tries = await Promise.all(Array.from({ length: 8 }, () => alerts.raise(raised, null)))
    expect(tries.filter((row) => row !== null)).toHaveLength(1)
    expect(await alerts.raise(entry(), null)).not.toBeNull()
  })

  it('keeps another of the same key once it was quiet for long enough', async () => {
    const { alerts } = under.storage
    const raised = entry()
    const first = await alerts.raise(raised, 60_000)
    expect(await alerts.raise(raised, 60_000)).toBeNull()
    expect(first).not.toBeNull()
    expect(await alerts.raise(raised, 0)).not.toBeNull()
  })

  it('lists newest first, in pages, by kind', async () => {
    const other = await open()
    const { alerts } = other.storage
    const kinds = ['budget', 'kill_switch', 'budget']
    const rows = []
    for (const kind of kinds) rows.push(await alerts.raise(entry({ kind }), null))
    const page = await alerts.list({ limit: 2 })
    expect(page.rows).toEqual([rows[2], rows[1]])
    expect(await alerts.list({ limit: 2, cursor: page.nextCursor ?? '' })).toEqual({
      rows: [rows[0]],
      nextCursor: null,
    })
    expect((await alerts.list({ limit: 9, kind: 'budget' })).rows).toEqual([rows[2], rows[0]])
    await other.close()
  })

  it('gives the turn to one of many, and again when it is time', async () => {
    const { alerts } = under.storage
    const name = unique('check')
    const tries = await Promise.all(Array.from({ length: 8 }, () => alerts.claim(name, 60_000)))
    expect(tries.filter(Boolean)).toHaveLength(1)
    expect(await alerts.claim(name, 60_000)).toBe(false)
    expect(await alerts.claim(name, 0)).toBe(true)
    expect(await alerts.claim(unique('check'), 60_000)).toBe(true)
  })
}
