import { sql } from 'kysely'
import { nanoUsdFrom } from '../../canonical/money.ts'
import { instantText } from '../columns/column.ts'
import { storableText } from '../columns/encode-rows.ts'
import {
  BETTER,
  COMPARED,
  CUT_SHORT,
  FLAWS,
  MOST_LOOKED_AT,
  NOT_WORSE,
  type QualityEvidence,
  type QualityQuery,
} from '../contracts/quality-evidence.ts'
import type { Queries } from './database.ts'
import type { StoredRecord } from './page.ts'

const ORDERS = { newest: sql`desc`, first: sql`asc` } as const

/** See `LedgerReader.quality`. The attempts of the task are found by an index, in their order, so it takes as long for a busy task as for a quiet one. */
export async function readQuality(
  queries: Queries,
  { task, from, to, deployments, order = 'newest' }: QualityQuery,
): Promise<readonly QualityEvidence[]> {
  const within = (time: string) =>
    sql`${sql.ref(time)} >= ${instantText(from)}::timestamptz and ${sql.ref(time)} < ${instantText(to)}::timestamptz`
  const wanted = deployments ? sql`deployment = any(${[...deployments]}::text[])` : sql`deployment is not null`
  const { rows } = await sql<StoredRecord>`
    with attempt as (
      select deployment, status, coalesce(error_code, '') = 'output_invalid' as is_invalid, cost_usd, latency_ms,
        status = 'incomplete' or coalesce(finish_reason, '') = any(${CUT_SHORT}::text[]) as is_cut, trace_id, tenant_id
      from llm_usage_events
      where task = ${storableText(task)} and ${wanted} and ${within('created_at')}
      order by created_at ${ORDERS[order]} limit ${MOST_LOOKED_AT}
    ), judged as (
      select a.*, is_invalid or status = 'completed' and coalesce(found.flags && ${FLAWS}::text[], false) as is_flawed,
        coalesce(found.flags && ${COMPARED}::text[], false) as is_compared,
        coalesce(found.flags && ${NOT_WORSE}::text[], false) as is_not_worse,
        coalesce(found.flags && ${BETTER}::text[], false) as is_better
      from attempt a left join lateral (
        select r.flags from llm_requests r where r.trace_id = a.trace_id and r.tenant_id = a.tenant_id
          and r.served_model = a.deployment and r.flags && ${[...FLAWS, ...COMPARED]}::text[] limit 1
      ) found on true
    ), called as (
      select deployment, count(*) as attempts,
        count(*) filter (where status in ('completed', 'incomplete') or is_invalid) as answers,
        count(*) filter (where status = 'completed' and not is_flawed and not is_cut) as valid,
        count(*) filter (where status in ('completed', 'incomplete') and is_cut and not is_flawed) as incomplete,
        count(*) filter (where is_flawed) as invalid,
        count(*) filter (where status = 'failed' and not is_invalid) as errors,
        count(*) filter (where status = 'completed' and is_compared) as compared,
        count(*) filter (where status = 'completed' and is_not_worse) as not_worse,
        count(*) filter (where status = 'completed' and is_better) as better,
        sum(cost_usd) as cost_usd,
        avg(latency_ms) filter (where status = 'completed') as mean_latency_ms,
        percentile_disc(0.95) within group (order by latency_ms) filter (where status = 'completed') as p95_latency_ms
      from judged group by deployment
    ), said as (
      select deployment, count(*) as feedback, avg(score) as mean_score from (
        select deployment, score from llm_feedback
        where task = ${storableText(task)} and ${wanted} and ${within('updated_at')}
        order by updated_at ${ORDERS[order]} limit ${MOST_LOOKED_AT}
      ) newest group by deployment
    )
    select * from called full join said using (deployment) order by deployment collate "C"`.execute(queries)
  return rows.map(evidenceOf)
}

function evidenceOf(row: StoredRecord): QualityEvidence {
  const [count, orNull] = [(name: string) => Number(row[name] ?? 0), (name: string) => numberOr(row[name])]
  return {
    deployment: String(row.deployment),
    attempts: count('attempts'),
    answers: count('answers'),
    valid: count('valid'),
    incomplete: count('incomplete'),
    invalid: count('invalid'),
    errors: count('errors'),
    cost: nanoUsdFrom(String(row.cost_usd ?? 0)),
    meanLatencyMs: orNull('mean_latency_ms'),
    p95LatencyMs: orNull('p95_latency_ms'),
    compared: count('compared'),
    notWorse: count('not_worse'),
    better: count('better'),
    feedback: count('feedback'),
    meanScore: orNull('mean_score'),
  }
}

function numberOr(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}
