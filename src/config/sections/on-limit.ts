import * as z from 'zod'
import { duration, modelName } from '../values.ts'

/** What happens to a call that a limit would refuse. */
export interface OnLimitConfig {
  readonly action: 'reject' | 'queue' | 'downgrade'
  /** How long a queued call may wait. */
  readonly maxWaitMs: number
  /** What happens to a queued call whose wait is over. */
  readonly afterwards: 'reject' | 'downgrade'
  /** The model that takes over: a logical one, or `provider/model`; null where none is named. */
  readonly downgradeTo: string | null
}

const MAX_WAIT_MS = 5_000

/** The limit says no, and that is it. */
export const REJECT: OnLimitConfig = {
  action: 'reject',
  maxWaitMs: MAX_WAIT_MS,
  afterwards: 'reject',
  downgradeTo: null,
}

const action = z.enum(['reject', 'queue', 'downgrade'])

/** `on_limit`: a word, or the word with its particulars. */
export const onLimit = z.union([
  action.transform((word): OnLimitConfig => ({ ...REJECT, action: word })),
  z
    .strictObject({
      action: action.describe(
        '`reject`: 429. `queue`: the call waits for its turn. `downgrade`: a cheaper model takes over.',
      ),
      max_wait: duration().prefault('5s').describe('How long a queued call may wait.'),
      // biome-ignore lint/suspicious/noThenProperty: the word of the configuration; only the grammar has it.
      then: z
        .enum(['reject', 'downgrade'])
        .prefault('reject')
        .describe('What happens to a queued call that waited for so long.'),
      downgrade_to: modelName.optional().describe('The model that takes over: a logical one, or `provider/model`.'),
    })
    .transform(
      (section): OnLimitConfig => ({
        action: section.action,
        maxWaitMs: section.max_wait,
        afterwards: section.then,
        downgradeTo: section.downgrade_to ?? null,
      }),
    ),
])
