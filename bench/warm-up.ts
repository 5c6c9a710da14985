import type { Bench, Subject } from './bench.ts'
import type { Settings } from './settings.ts'
import { JSON_CALLS } from './workloads.ts'

/*
 * V8 compiles code as it is used, in threads of its own whose time counts as the process's. A process that does more has more to compile: until some ten
 * thousand calls are through, the gateway costs up to twice what it costs from then on, and a busy machine takes long for as many. So the code is warm
 * after so many calls, and not after so many seconds.
 */

const PIECE_SECONDS = 1

/** Sends small calls to a subject until it has taken as many as the settings say. */
export async function warmUp(bench: Bench, subject: Subject, { warmUpCalls, concurrency }: Settings): Promise<void> {
  const [small] = JSON_CALLS
  if (!small) return
  for (let sent = 0; sent < warmUpCalls; ) {
    const { calls } = await bench.send(subject, small, PIECE_SECONDS, concurrency)
    sent += calls
  }
}
