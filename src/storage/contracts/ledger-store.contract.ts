import { afterAll, beforeAll } from 'vitest'
import { adjustmentsContract } from './ledger-adjustments.contract.ts'
import { instancesContract } from './ledger-instances.contract.ts'
import { lendingContract } from './ledger-lending.contract.ts'
import { recallContract } from './ledger-recall.contract.ts'
import { settlingContract } from './ledger-settling.contract.ts'
import type { OpenStorage, StorageUnderTest } from './samples.contract.ts'

/** What every ledger store must do, whatever it keeps its books in. */
export function ledgerStoreContract(open: OpenStorage): void {
  let opened: StorageUnderTest
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())
  const under = () => opened

  lendingContract(under)
  settlingContract(under)
  instancesContract(under)
  recallContract(under)
  adjustmentsContract(under)
}
