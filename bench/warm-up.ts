import type { Bench, Subject } from './bench.ts'
import type { Settings } from './settings.ts'
import { JSON_CALLS, STREAMS, type Workload } from './workloads.ts'

/*
 * V8 compiles code as it is used, in threads of its own whose time counts as the process's. A process that does more has more to compile: until some ten
 * thousand calls are through, the gateway costs up to twice what it costs from then on, and a busy machine takes long for as many. So the code is warm
 * after so many calls, and not after so many seconds; and then only when the threads beside the main one have become quiet, for V8 now and then throws
 * away what it compiled and does it again.
 */

const PIECE_SECONDS = 1

/** So many pieces in a row have to be quiet: compiling comes in bursts. */
const QUIET_PIECES = 3

/** A piece is quiet when the threads beside the main one took no more a call than this many times what they took in the quietest piece. */
const QUIET = 2

/** Or no more than this, in µs: bare's are hardly there at all, and twice nothing is nothing. */
const HARDLY_US = 4

/** The collector's threads are never silent, and on some machines never even: past so many times the usual calls it is as warm as it gets. */
const MOST_TIMES = 3

/** Streams run through code of their own, but through that of all calls as well: they need fewer. */
const STREAM_SHARE = 1 / 3

/** Sends small calls, then short streams, to a subject until it has taken as many as the settings say, and then small calls until V8 compiles no more. */
export async function warmUp(bench: Bench, subject: Subject, { warmUpCalls, concurrency }: Settings): Promise<void> {
  const [small] = JSON_CALLS
  const [, short] = STREAMS
  const sendMany = async (workload: Workload, many: number): Promise<void> => {
    for (let sent = 0; sent < many; ) sent += (await bench.send(subject, workload, PIECE_SECONDS, concurrency)).calls
  }
  if (small) await sendMany(small, warmUpCalls)
  await sendMany(short, warmUpCalls * STREAM_SHARE)
  if (small) await untilQuiet(bench, subject, small, warmUpCalls * (MOST_TIMES - 1), concurrency)
}

async function untilQuiet(bench: Bench, subject: Subject, small: Workload, most: number, concurrency: number) {
  const pieces: number[] = []
  for (let sent = 0; sent < most && !isQuiet(pieces); ) {
    const before = await subject.child.cost()
    const { calls } = await bench.send(subject, small, PIECE_SECONDS, concurrency)
    const after = await subject.child.cost()
    pieces.push((after.besideUs - before.besideUs) / calls)
    sent += calls
  }
}

/** Whether V8 has come to rest, by what the threads beside the main one took a call, piece by piece. */
function isQuiet(pieces: readonly number[]): boolean {
  if (pieces.length < QUIET_PIECES) return false
  const most = Math.max(HARDLY_US, Math.min(...pieces) * QUIET)
  return pieces.slice(-QUIET_PIECES).every((piece) => piece <= most)
}
