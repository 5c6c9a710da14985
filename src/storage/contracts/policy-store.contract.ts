import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NewPolicyVersion } from './policy-store.ts'
import type { OpenStorage, StorageUnderTest } from './samples.contract.ts'

function version(changes: Partial<NewPolicyVersion> = {}): NewPolicyVersion {
  return {
    hash: 'pol_1',
    source: 'ledger',
    actor: 'key_admin',
    reason: 'cheaper answers',
    sections: { models: { fast: ['one/a'] }, tasks: {} },
    changes: [{ path: 'models.fast[0]', before: 'one/b', after: 'one/a' }],
    ...changes,
  }
}

/** What every store of policy versions must do. */
export function policyStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  it('numbers versions from 1, each after the one that its author had seen, and lists the newest first', async () => {
    const { policies, audit } = under.storage
    expect([await policies.newest(), await policies.get(1)]).toEqual([0, null])
    const first = await policies.append(version({ actor: 'file', source: 'file', reason: null }), 0)
    expect(first).toMatchObject({ ...version({ actor: 'file', source: 'file', reason: null }), number: 1 })
    expect(await policies.append(version({ hash: 'pol_late' }), 0)).toBeNull()
    expect(await policies.append(version({ hash: 'pol_early' }), 7)).toBeNull()
    const second = await policies.append(version({ hash: 'pol_2' }), 1)
    const third = await policies.append(version({ hash: 'pol_3' }), 2)
    expect(await policies.newest()).toBe(3)
    expect(await policies.get(2)).toEqual(second)
    const page = await policies.list({ limit: 2 })
    expect(page.rows).toEqual([third, second])
    expect(await policies.list({ limit: 2, cursor: page.nextCursor ?? '' })).toEqual({
      rows: [first],
      nextCursor: null,
    })
    const { rows } = await audit.list({ limit: 10, subject: 'policy=2' })
    expect(rows).toMatchObject([{ actor: 'key_admin', action: 'policy.version', reason: 'cheaper answers' }])
  })

  it('gives a number to one of many who ask for it at once', async () => {
    const { policies } = under.storage
    const newest = await policies.newest()
    const made = await Promise.all(Array.from({ length: 8 }, () => policies.append(version(), newest)))
    expect(made.filter((one) => one !== null)).toHaveLength(1)
    expect(await policies.newest()).toBe(newest + 1)
  })
}
