import { sql } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { decodeRow, storableTextOr } from '../columns/encode-rows.ts'
import { FEEDBACK_COLUMNS } from '../columns/feedback-columns.ts'
import type { FeedbackStore } from '../contracts/feedback-store.ts'
import { MOST_ROWS } from '../protocol/page-cursor.ts'
import type { Database } from './database.ts'
import { allOf, equalities, type StoredRecord } from './page.ts'

/** Feedback over PostgreSQL, with the database's time. */
export function createFeedbackStore(database: Database, clock: Clock): FeedbackStore {
  return {
    give: ({ traceId, tenantId, userId, score, label, comment }) =>
      database.write(async (queries) => {
        const mine = allOf(equalities({ trace_id: traceId, tenant_id: tenantId ?? undefined }))
        const { rows } = await sql<StoredRecord>`
          insert into llm_feedback (id, trace_id, tenant_id, user_id, feature, task, deployment, score, label, comment)
          select ${newId('fb', clock.now())}, trace_id, tenant_id, ${storableTextOr(userId)}, feature, task, served_model,
            ${score}::double precision, ${storableTextOr(label)}, ${storableTextOr(comment)}
          from llm_requests where ${mine}
          order by served_model is null, created_at desc, id desc limit 1
          on conflict (trace_id, tenant_id, coalesce(user_id, ''), (user_id is null)) do update set
            feature = excluded.feature, task = excluded.task, deployment = excluded.deployment, score = excluded.score,
            label = excluded.label, comment = excluded.comment, updated_at = clock_timestamp()
          returning *`.execute(queries)
        return rows[0] ? decodeRow(FEEDBACK_COLUMNS, rows[0]) : null
      }),

    of: (traceId, tenantId) =>
      database.read(async (queries) => {
        const mine = allOf(equalities({ trace_id: traceId, tenant_id: tenantId ?? undefined }))
        const { rows } = await sql<StoredRecord>`
          select * from llm_feedback where ${mine} order by updated_at desc, id desc limit ${MOST_ROWS}`.execute(
          queries,
        )
        return rows.map((record) => decodeRow(FEEDBACK_COLUMNS, record))
      }),
  }
}
