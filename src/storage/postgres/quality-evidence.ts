import { sql } from 'kysely'
import { nanoUsdFrom } from '../../canonical/money.ts'
import { CUT_SHORT } from '../../canonical/response.ts'
import { instantText } from '../columns/column.ts'
import { storableText } from '../columns/encode-rows.ts'
import {
  BETTER,
  COMPARED,
  FLAWS,
  JUDGE_FAILED,
  JUDGED,
  JUDGED_BETTER,
  JUDGED_NOT_WORSE,
  MOST_LOOKED_AT,
  NOT_ITS_FAULT,
  NOT_WORSE,
  type QualityEvidence,
  type QualityQuery,
  REFUSED,
  WITHHELD,
} from '../contracts/quality-evidence.ts'
import type { Queries } from './database.ts'
import type { StoredRecord } from './page.ts'

const ORDERS = { newest: sql`desc`, first: sql`asc` } as const

/** All flags that say something of an answer. */
const TELLING: readonly string[] = [
  ...[...FLAWS, ...REFUSED, ...NOT_ITS_FAULT],
  ...[...COMPARED, ...JUDGED, ...JUDGE_FAILED],
]

/** The request that the deployment served. What a model says of its answer is a request of the same trace. */
const OWN = sql`r.served_model = a.deployment`

/** Whether any request of a trace has one of some flags. */
function anyOf(flags: readonly string[], which = sql`true`): ReturnType<typeof sql> {
  return sql`coalesce(bool_or(${which} and r.flags && ${flags}::text[]), false)`
}

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
        status = 'incomplete' or coalesce(finish_reason, '') = any(${[...CUT_SHORT]}::text[]) as is_cut,
        coalesce(finish_reason, '') = ${WITHHELD} as is_withheld, trace_id, tenant_id
      from llm_usage_events
      where task = ${storableText(task)} and ${wanted} and ${within('created_at')}
      order by created_at ${ORDERS[order]} limit ${MOST_LOOKED_AT}
    ), told as (
      select a.*, is_invalid or status = 'completed' and coalesce(found.is_flawed, false) as is_flawed,
        is_withheld or coalesce(found.is_refused, false) as is_refused,
        status in ('completed', 'incomplete') and not coalesce(found.is_not_its_fault, false) as came, found.is_compared, found.is_not_worse, found.is_better, found.is_judged, found.is_judged_better,
        found.is_judged_not_worse, found.is_judge_failed
      from attempt a left join lateral (
        select ${anyOf(FLAWS, OWN)} as is_flawed, ${anyOf(REFUSED, OWN)} as is_refused,
          ${anyOf(NOT_ITS_FAULT, OWN)} as is_not_its_fault, ${anyOf(COMPARED, OWN)} as is_compared,
          ${anyOf(NOT_WORSE, OWN)} as is_not_worse, ${anyOf(BETTER, OWN)} as is_better, ${anyOf(JUDGED)} as is_judged,
          ${anyOf(JUDGED_BETTER)} as is_judged_better, ${anyOf(JUDGED_NOT_WORSE)} as is_judged_not_worse,
          ${anyOf(JUDGE_FAILED)} as is_judge_failed
        from llm_requests r where r.trace_id = a.trace_id and r.tenant_id = a.tenant_id and r.flags && ${TELLING}::text[]
      ) found on true
    ), called as (
      select deployment, count(*) as attempts,
        count(*) filter (where came or is_invalid) as answers,
        count(*) filter (where status = 'completed' and came and not (is_flawed or is_cut or is_refused)) as valid,
        count(*) filter (where came and is_cut and not is_flawed) as incomplete,
        count(*) filter (where came and is_refused and not (is_flawed or is_cut)) as refused,
        count(*) filter (where is_flawed) as invalid,
        count(*) filter (where status = 'failed' and not is_invalid) as errors,
        count(*) filter (where status = 'completed' and is_compared) as compared,
        count(*) filter (where status = 'completed' and is_not_worse) as not_worse,
        count(*) filter (where status = 'completed' and is_better) as better,
        count(*) filter (where status = 'completed' and is_judged) as judged,
        count(*) filter (where status = 'completed' and is_judged_better) as judged_better,
        count(*) filter (where status = 'completed' and is_judged_not_worse) as judged_not_worse,
        count(*) filter (where status = 'completed' and is_judge_failed) as judge_failures,
        sum(cost_usd) as cost_usd,
        avg(latency_ms) filter (where status = 'completed') as mean_latency_ms,
        percentile_disc(0.95) within group (order by latency_ms) filter (where status = 'completed') as p95_latency_ms
      from told group by deployment
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
    refused: count('refused'),
    errors: count('errors'),
    cost: nanoUsdFrom(String(row.cost_usd ?? 0)),
    meanLatencyMs: orNull('mean_latency_ms'),
    p95LatencyMs: orNull('p95_latency_ms'),
    compared: count('compared'),
    notWorse: count('not_worse'),
    better: count('better'),
    judged: count('judged'),
    judgedBetter: count('judged_better'),
    judgedNotWorse: count('judged_not_worse'),
    judgeFailures: count('judge_failures'),
    feedback: count('feedback'),
    meanScore: orNull('mean_score'),
  }
}

function numberOr(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}
