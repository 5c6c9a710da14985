import * as z from 'zod'
import { duration } from '../values.ts'

/** The five clocks of one attempt, in milliseconds. */
export interface TimeoutsConfig {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly firstTokenMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** The clocks of a task: those that it does not name are its provider's. */
export type TaskTimeoutsConfig = Partial<Omit<TimeoutsConfig, 'connectMs'>>

/** `tasks.*.timeouts` */
export const taskTimeoutsSection = z
  .strictObject({
    first_byte: duration().optional().describe('From the end of the request to the headers of the reply.'),
    first_token: duration().optional().describe('From the end of the request to the first content of the answer.'),
    idle: duration()
      .optional()
      .describe(
        'Longest silence between two pieces of a stream; comments and pings count as life here, and nowhere else.',
      ),
    total: duration().optional().describe('The whole attempt, first to last byte.'),
  })
  .transform(
    ({ first_byte, first_token, idle, total }): TaskTimeoutsConfig => ({
      ...(first_byte === undefined ? {} : { firstByteMs: first_byte }),
      ...(first_token === undefined ? {} : { firstTokenMs: first_token }),
      ...(idle === undefined ? {} : { idleMs: idle }),
      ...(total === undefined ? {} : { totalMs: total }),
    }),
  )

/**
 * `providers.*.timeouts`. The defaults are generous on purpose: a reasoning model may think for minutes before its first byte, and a
 * timeout that fires on a healthy call costs money twice.
 */
export const timeoutsSection = z
  .strictObject({
    connect: duration().prefault('5s').describe('Until the connection stands.'),
    first_byte: duration()
      .prefault('120s')
      .describe(
        'From the end of the request to the headers of the reply. Long by default: models that reason, and calls that do not stream, are silent until they are done.',
      ),
    first_token: duration()
      .prefault('120s')
      .describe(
        'From the end of the request to the first content of the answer. Long by default: reasoning comes first.',
      ),
    idle: duration()
      .prefault('60s')
      .describe('Longest silence between two pieces of a stream; comments and pings count as life.'),
    total: duration().prefault('10m').describe('The whole attempt, first to last byte.'),
  })
  .transform(
    (section): TimeoutsConfig => ({
      connectMs: section.connect,
      firstByteMs: section.first_byte,
      firstTokenMs: section.first_token,
      idleMs: section.idle,
      totalMs: section.total,
    }),
  )
