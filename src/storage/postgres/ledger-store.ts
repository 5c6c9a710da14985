import { sql } from 'kysely'
import { nanoUsdFrom } from '../../canonical/money.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { instantFrom } from '../columns/column.ts'
import type { BudgetState, LedgerStore, Posting } from '../contracts/ledger-store.ts'
import { assertIdentified } from '../protocol/settlement-identity.ts'
import { sumPostings } from '../protocol/window-name.ts'
import { buryInstance } from './bury-instance.ts'
import type { Database } from './database.ts'
import { growSlices } from './grow-slices.ts'
import { lockWindows, postSpent, takeFromSlices } from './money-statements.ts'
import { writeNew } from './settle.ts'

/** The ledger over PostgreSQL. Each method is one transaction. */
export function createLedgerStore(database: Database): LedgerStore {
  return {
    async registerInstance(instanceId) {
      await database.write(async (queries) => {
        const { rows } = await sql`
          insert into instances (id) values (${instanceId})
          on conflict (id) do update set seen_at = clock_timestamp() where instances.buried_at is null
          returning id`.execute(queries)
        if (rows.length === 0) throw buried(instanceId)
      })
    },

    async heartbeat(instanceId) {
      await database.write(async (queries) => {
        const { rows } = await sql`
          update instances set seen_at = clock_timestamp() where id = ${instanceId} and buried_at is null
          returning id`.execute(queries)
        if (rows.length === 0) throw buried(instanceId)
      })
    },

    growSlices: (instanceId, requests) => growSlices(database, instanceId, requests),

    async returnSlice(instanceId, window, amount) {
      if (amount <= 0n) return
      await database.write(async (queries) => {
        await lockWindows(queries, [window])
        await takeFromSlices(queries, instanceId, [{ window, amount }])
      })
    },

    async settle(instanceId, settlements) {
      assertIdentified(settlements)
      if (settlements.length === 0) return
      await database.write(async (queries) => {
        const fresh = await writeNew(queries, settlements)
        const owed = sumPostings(fresh.flatMap((settlement) => settlement.postings))
        if (owed.length === 0) return
        await postSpent(queries, owed)
        await takeFromSlices(queries, instanceId, owed.map(asAmount))
      })
    },

    async buryInstance(deadInstanceId, settlements) {
      assertIdentified(settlements)
      await database.write((queries) => buryInstance(queries, deadInstanceId, settlements))
    },

    deadInstances(leaseMs) {
      return database.write(async (queries) => {
        const { rows } = await sql<{ id: string }>`
          select id from instances
          where buried_at is null and seen_at <= clock_timestamp() - ${leaseMs}::float8 * interval '1 millisecond'
          order by id`.execute(queries)
        return rows.map((row) => row.id)
      })
    },

    budgets() {
      return database.read(async (queries) => {
        const { rows } = await sql<BudgetRow>`
          select key, window_id, limit_usd, posted_usd, sliced_usd, ends_at from budgets
          where ends_at > clock_timestamp() or sliced_usd > 0 order by key, window_id`.execute(queries)
        return rows.map(budgetState)
      })
    },

    now() {
      return database.write(async (queries) => {
        const { rows } = await sql<{ now: string }>`select clock_timestamp() as now`.execute(queries)
        return Math.floor(instantFrom(rows[0]?.now ?? ''))
      })
    },

    close: () => database.close(),
  }
}

interface BudgetRow {
  readonly key: string
  readonly window_id: string
  readonly limit_usd: string
  readonly posted_usd: string
  readonly sliced_usd: string
  readonly ends_at: string
}

function budgetState(row: BudgetRow): BudgetState {
  return {
    key: row.key,
    windowId: row.window_id,
    limit: nanoUsdFrom(row.limit_usd),
    posted: nanoUsdFrom(row.posted_usd),
    sliced: nanoUsdFrom(row.sliced_usd),
    endsAt: instantFrom(row.ends_at),
  }
}

function asAmount(posting: Posting) {
  return { window: posting.window, amount: posting.spent }
}

function buried(instanceId: string): GatewayError {
  return new GatewayError(
    'ledger_unavailable',
    `The instance ${instanceId} is unknown to the ledger or was declared dead; it must start again under a new id.`,
  )
}
