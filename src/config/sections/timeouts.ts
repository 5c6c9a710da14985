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
