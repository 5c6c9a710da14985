import type * as z from 'zod'
import { GatewayError } from '../../errors/gateway-error.ts'

const MOST_ROWS = 1_000
const USUAL_ROWS = 50

/** A checked JSON body. Throws GatewayError `invalid_request` with the first field that is wrong. */
export function bodyOf<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const param = issue?.path.map(String).join('.') || 'body'
  throw new GatewayError('invalid_request', `${param}: ${issue?.message ?? 'is not valid'}.`, { param })
}

/** `?limit=&cursor=` of a list: 1 to 1000 rows, 50 by default. Throws GatewayError `invalid_request`. */
export function pageOf(query: unknown): { readonly limit: number; readonly cursor?: string } {
  const { limit = String(USUAL_ROWS), cursor } = query as { limit?: string; cursor?: string }
  const rows = Number(limit)
  if (!Number.isInteger(rows) || rows < 1 || rows > MOST_ROWS) {
    throw new GatewayError('invalid_request', `limit must be a whole number from 1 to ${MOST_ROWS}.`, {
      param: 'limit',
    })
  }
  return { limit: rows, ...(cursor ? { cursor } : {}) }
}
