import { hashText, seededRandom } from '../../src/providers/simulated/random.ts'
import { TARGETS, type Target } from './targets.ts'

/** A try that went wrong, and how to repeat it. */
export interface Finding {
  readonly target: string
  readonly seed: string
  readonly what: string
}

/** How a run went. */
export interface FuzzResult {
  readonly tries: number
  readonly findings: readonly Finding[]
  /** The slowest try: of which target, under which seed. */
  readonly slowest: { readonly target: string; readonly seed: string; readonly ms: number }
}

/** More than any try takes, even where the machine is busy: it hangs, or its work grows faster than its input. */
const HANG_MS = 5_000

/** Fuzzes until `goOn` says otherwise; the same seed gives the same tries. Stops at ten findings. */
export function fuzz(seed: string, goOn: (tries: number) => boolean, targets: readonly Target[] = TARGETS): FuzzResult {
  const findings: Finding[] = []
  let slowest = { target: '', seed: '', ms: 0 }
  let tries = 0
  for (; findings.length < 10 && goOn(tries); tries += 1) {
    const target = targets[tries % targets.length]
    if (!target) throw new RangeError('there is nothing to fuzz')
    const own = `${seed} ${tries}`
    const began = performance.now()
    try {
      target.run(seededRandom(hashText(own)))
    } catch (error) {
      findings.push({
        target: target.name,
        seed: own,
        what: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    }
    const ms = performance.now() - began
    if (ms > slowest.ms) slowest = { target: target.name, seed: own, ms }
    if (ms > HANG_MS) findings.push({ target: target.name, seed: own, what: `took ${Math.round(ms)} ms` })
  }
  return { tries, findings, slowest }
}
