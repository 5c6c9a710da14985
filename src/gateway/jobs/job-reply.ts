import { LimitRefusal } from '../../admission/limit-refusal.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { JobOutcome } from '../../jobs/job-run.ts'
import { BudgetRefusal } from '../../money/refusal.ts'
import type { Exchange } from '../exchange.ts'
import type { ReplyStage } from '../stages/reply.ts'

/** A face's own reply, and what the store is told of it. */
export interface JobReply<Reply> {
  readonly reply: Reply
  readonly outcome: JobOutcome
}

/** A call that came to the reply of another: there is no job of its own. */
export const NOTHING_RUN: JobOutcome = { error: null, noRoom: false, content: '', servedModel: null, cost: 0n }

/** The last stage of a call that is, or may become, a job: the face's own, with what the store is told. `textOf` gives the JSON text of a reply. */
export function jobReply<Reply>(
  face: ReplyStage<Reply>,
  textOf: (reply: Reply) => string,
): ReplyStage<JobReply<Reply>> {
  const outcomeOf = (exchange: Exchange, reply: Reply, error: GatewayError | null): JobReply<Reply> => ({
    reply,
    outcome: {
      error,
      noRoom: error instanceof LimitRefusal || error instanceof BudgetRefusal || error?.code === 'queue_full',
      content: textOf(reply),
      servedModel: exchange.servedModel,
      cost: exchange.cost,
    },
  })
  const again = (reply: Reply): JobReply<Reply> => ({ reply, outcome: NOTHING_RUN })
  return {
    answer: async (checked) => outcomeOf(checked.exchange, await face.answer(checked), null),
    refusal: (exchange, error) => outcomeOf(exchange, face.refusal(exchange, error), error),
    copying: {
      whole: ({ reply }) => face.copying.whole(reply),
      tapped: (given, tap) => ({ ...given, reply: face.copying.tapped(given.reply, tap) }),
      replayed: (replay) => again(face.copying.replayed(replay)),
    },
    early: {},
  }
}
