/*
 * Replays recordings of real providers through a running gateway and counts how many of them a client understands as they were meant.
 *
 *   recording ──bytes, cut anywhere──▶ wall ──▶ gateway ──▶ client of the same format     "same"  (relayed)
 *                                                     └──▶ client of another format     "cross" (translated)
 *
 * Both ends are read by plain readers that share nothing with the gateway (read-reply.ts), and held against each other (compare.ts).
 */
import type { Recording } from './recordings.ts'
import { type Outcome, replay } from './replay.ts'
import { startStand } from './stand.ts'

/** How a run is made. */
export interface ConformanceOptions {
  /** Decides where the recorded bytes are cut. */
  readonly seed: string
  /** Recordings in flight at once; default 8. */
  readonly concurrency?: number
  /** Called after each recording. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Replays all recordings; the outcomes are in their order. */
export async function runConformance(
  recordings: readonly Recording[],
  { seed, concurrency = 8, onProgress }: ConformanceOptions,
): Promise<Outcome[]> {
  const stand = await startStand(recordings, seed)
  const outcomes: Outcome[][] = []
  let next = 0
  let done = 0
  const work = async () => {
    while (next < recordings.length) {
      const at = next++
      const recording = recordings[at]
      if (recording) outcomes[at] = await replay(recording, stand)
      done += 1
      onProgress?.(done, recordings.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, work))
  } finally {
    await stand.close()
  }
  return outcomes.flat()
}
