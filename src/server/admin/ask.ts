import type { FastifyRequest } from 'fastify'
import * as z from 'zod'
import { GatewayError } from '../../errors/gateway-error.ts'
import { checkedBody } from '../../gateway/checked-body.ts'

/** The most rows that one reply of a list holds. */
export const MOST_ROWS = 1_000
const USUAL_ROWS = 50

/** A moment in a body. */
export const timeSaid = z.iso.datetime({ offset: true, error: 'must be an ISO time such as 2027-01-01T00:00:00Z' })

/** A checked JSON body. Throws GatewayError `invalid_request` with the first field that is wrong. */
export function bodyOf<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  return checkedBody(schema, body ?? {})
}

/** The parameters of a request's query string. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const { url } = request
  const mark = url.indexOf('?')
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
}

/** What a list is asked for. */
export interface PageAsk {
  /** 1 to 1000. */
  readonly limit: number
  /** The cursor of the page before; absent for the first. */
  readonly cursor?: string
}

/** `?limit=&cursor=` of a list. `usual` is the limit when none is given; 50 by default. Throws GatewayError `invalid_request`. */
export function pageOf(query: URLSearchParams, usual: number = USUAL_ROWS): PageAsk {
  const limit = query.get('limit') ?? String(usual)
  const cursor = query.get('cursor')
  const rows = /^\d{1,4}$/.test(limit) ? Number(limit) : Number.NaN
  if (!(rows >= 1 && rows <= MOST_ROWS)) {
    throw new GatewayError('invalid_request', `limit must be a whole number from 1 to ${MOST_ROWS}.`, {
      param: 'limit',
    })
  }
  return { limit: rows, ...(cursor ? { cursor } : {}) }
}
