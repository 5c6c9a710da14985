import type { Bench, Subject } from './bench.ts'
import type { Settings } from './settings.ts'
import { JSON_CALLS, STREAMS, type Workload } from './workloads.ts'

/*
 * V8 compiles code as it is used, in threads of its own whose time counts as the process's. A process that does more has more to compile: until some ten
 * thousand calls are through, the gateway costs up to twice what it costs from then on, and a busy machine takes long for as many. So the code is warm
 * after so many calls, and not after so many seconds.
 */

const PIECE_SECONDS = 1

/** Streams run through code of their own, but through that of all calls as well: they need fewer. */
const STREAM_SHARE = 1 / 3

/** Sends small calls, then short streams, to a subject until it has taken as many as the settings say. */
export async function warmUp(bench: Bench, subject: Subject, { warmUpCalls, concurrency }: Settings): Promise<void> {
  const [small] = JSON_CALLS
  const [, short] = STREAMS
  const sendMany = async (workload: Workload, many: number): Promise<void> => {
    for (let sent = 0; sent < many; ) sent += (await bench.send(subject, workload, PIECE_SECONDS, concurrency)).calls
  }
  if (small) await sendMany(small, warmUpCalls)
  await sendMany(short, warmUpCalls * STREAM_SHARE)
}
