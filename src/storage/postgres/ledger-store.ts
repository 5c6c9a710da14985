import { sql } from 'kysely'
import type { BudgetUnit } from '../../canonical/amounts.ts'
import { nanoUsdFrom } from '../../canonical/money.ts'
import { instantFrom } from '../columns/column.ts'
import { storableText } from '../columns/encode-rows.ts'
import type { BudgetState, LedgerStore } from '../contracts/ledger-store.ts'
import { notAlive } from '../protocol/not-alive.ts'
import { assertIdentified } from '../protocol/settlement-identity.ts'
import { sumPostings } from '../protocol/window-name.ts'
import { adjust, writeNewAndLate } from './adjust.ts'
import { buryInstance } from './bury-instance.ts'
import type { Database } from './database.ts'
import { growSlices } from './grow-slices.ts'
import { keepSlices } from './keep-slices.ts'
import { lockWindows, moveSpent, takeFromSlices } from './money-statements.ts'
import { insertMissingPrices } from './note-prices.ts'
import { answerRecall, pulse } from './recall.ts'
import { wasThereBefore, writeAll } from './settle.ts'
import { run } from './statement.ts'

/** The ledger over PostgreSQL. Each method is one transaction. */
export function createLedgerStore(database: Database): LedgerStore {
  return {
    async registerInstance(instanceId) {
      await database.write(async (queries) => {
        const { rows } = await sql`
          insert into instances (id) values (${instanceId})
          on conflict (id) do update set seen_at = clock_timestamp() where instances.buried_at is null
          returning id`.execute(queries)
        if (rows.length === 0) throw notAlive(instanceId)
      })
    },

    async heartbeat(instanceId) {
      await database.write(async (queries) => {
        const { rows } = await sql`
          update instances set seen_at = clock_timestamp() where id = ${instanceId} and buried_at is null
          returning id`.execute(queries)
        if (rows.length === 0) throw notAlive(instanceId)
      })
    },

    growSlices: (instanceId, requests) => growSlices(database, instanceId, requests),

    async returnSlices(instanceId, returns) {
      const some = returns.filter(({ amount }) => amount > 0n)
      if (some.length === 0) return
      await database.write(async (queries) => {
        await lockWindows(
          queries,
          some.map(({ window }) => window),
        )
        await run(queries, takeFromSlices(instanceId, some))
      })
    },

    async keepSlices(instanceId, holdings) {
      if (holdings.length > 0) await database.write((queries) => keepSlices(queries, instanceId, holdings))
    },

    async answerRecall(instanceId, returns) {
      if (returns.length > 0) await database.write((queries) => answerRecall(queries, instanceId, returns))
    },

    async settle(instanceId, settlements) {
      assertIdentified(settlements)
      if (settlements.length === 0) return
      try {
        const owed = sumPostings(settlements)
        await database.writeTogether([writeAll(settlements), ...moveSpent(instanceId, owed)])
      } catch (error) {
        if (!wasThereBefore(error)) throw error
        await database.write(async (queries) => {
          const owed = sumPostings(await writeNewAndLate(queries, settlements))
          for (const statement of moveSpent(instanceId, owed)) await run(queries, statement)
        })
      }
    },

    async buryInstance(deadInstanceId, settlements, silentMs) {
      assertIdentified(settlements)
      return database.write((queries) => buryInstance(queries, deadInstanceId, settlements, silentMs))
    },

    async notePrices(prices) {
      if (prices.length === 0) return
      await database.write((queries) => run(queries, insertMissingPrices(prices)))
    },

    adjust: (adjustment) => database.write((queries) => adjust(queries, adjustment)),

    deadInstances(leaseMs) {
      return database.write(async (queries) => {
        const { rows } = await sql<{ id: string }>`
          select id from instances
          where buried_at is null and seen_at <= clock_timestamp() - ${leaseMs}::float8 * interval '1 millisecond'
          order by id`.execute(queries)
        return rows.map((row) => row.id)
      })
    },

    budgets(only) {
      return database.read(async (queries) => {
        const { rows } = await sql<BudgetRow>`
          select key, window_id, unit, limit_amount, posted_amount, sliced_amount, ends_at from budgets
          where (ends_at > clock_timestamp() or sliced_amount > 0)
            and ${only ? sql`key = ${storableText(only.key)} and window_id = ${storableText(only.windowId)}` : sql`true`}
          order by key, window_id`.execute(queries)
        return rows.map(budgetState)
      })
    },

    pulse: (instanceId) => database.write((queries) => pulse(queries, instanceId)),

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
  readonly unit: BudgetUnit
  readonly limit_amount: string
  readonly posted_amount: string
  readonly sliced_amount: string
  readonly ends_at: string
}

function budgetState(row: BudgetRow): BudgetState {
  return {
    key: row.key,
    windowId: row.window_id,
    unit: row.unit,
    limit: nanoUsdFrom(row.limit_amount),
    posted: nanoUsdFrom(row.posted_amount),
    sliced: nanoUsdFrom(row.sliced_amount),
    endsAt: instantFrom(row.ends_at),
  }
}
