import { jobFacts } from '../jobs/job-facts.ts'
import type { Reserved } from '../stages.ts'

/** A call that is a job waits here for its turn, with its money and its places held. Rejects when the job is ended before. */
export async function takeTurn(reserved: Reserved): Promise<Reserved> {
  const { exchange } = reserved
  const { job } = exchange.call
  if (!job) return reserved
  await exchange.trace.span('wait for its turn', 'gateway', () => job.turn(jobFacts(reserved)))
  if (job.isDetached) exchange.beginAnew()
  return reserved
}
