import { GatewayError } from '../../errors/gateway-error.ts'
import type { JobDeskOptions } from '../../jobs/job-desk.ts'
import { MOST_RUNS } from '../../jobs/job-run.ts'
import type { TakenJob } from '../../storage/contracts/job-store.ts'
import type { Engine } from '../engine.ts'
import { handle } from '../handle.ts'
import { faceOfJob, refusalText } from './job-faces.ts'
import { inboundAgain, principalOfStored } from './stored-call.ts'

/** Runs jobs that another process left: through the same stages as every call, but for its key, which was looked at, and its rates, which were counted. */
export function runAgainIn(engine: () => Engine): JobDeskOptions['runAgain'] {
  return async (taken, run) => {
    const job = run({ kind: 'again', taken, principal: principalOfStored(taken) })
    const call = inboundAgain(taken, job)
    const refusal = refusalOf(taken)
    if (refusal) {
      const content = refusalText(call, refusal)
      const noRoom = refusal.code === 'deadline_exceeded'
      return job.end({ error: refusal, noRoom, content, servedModel: null, cost: taken.row.cost })
    }
    const { outcome } = await handle(engine(), call, faceOfJob(call))
    await job.end(outcome)
  }
}

/** Why a job is not run again; null when it is. */
function refusalOf({ isLate, wasRunning, repeatable, row }: TakenJob): GatewayError | null {
  if (isLate) return new GatewayError('deadline_exceeded', 'The deadline of the job passed before it was done.')
  if (!wasRunning) return null
  if (!repeatable) {
    return new GatewayError(
      'upstream_failed',
      'The gateway that ran this job died. Its tools may have done something in the world already, so it was not run again.',
    )
  }
  if (row.runs < MOST_RUNS) return null
  return new GatewayError('upstream_failed', `The gateways that ran this job died ${row.runs} times; it was given up.`)
}
