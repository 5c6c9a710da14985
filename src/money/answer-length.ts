import { LruMap } from '../lib/lru-map.ts'

/*
 * How long answers get, for each model and kind of work: what a stream holds for its answer at first.
 *
 * Remembered are the last answers; expected is a length that two of three of them did not pass, and a tenth more. What a longer answer needs beyond is asked for
 * while it runs, and the shorter ones have given it back by then. Too much would keep others out: simulated with 300 streams on money for 20 and lengths that vary
 * by half or more, holding what nine of ten need let 9 to 13 end whole, this 15 to 18.
 */

/** Learns the lengths of answers, in output tokens. Models and tasks are told apart by name. */
export interface AnswerLengths {
  /** A length that most answers do not pass; of all tasks together where this one is new, null where the model is. */
  expected(model: string, task: string | null): number | null
  /** An answer had so many tokens. */
  learn(model: string, task: string | null, tokens: number): void
}

const REMEMBERED = 32
/** The share of the remembered answers that fit. */
const SHARE = 2 / 3
/** What comes on top: this part of it. */
const MARGIN_PART = 10

/** How many models of one task are remembered. */
const MODELS_OF_A_TASK = 32

type ByModel = LruMap<string, RecentLengths>

/** A memory that is empty. It keeps at most `capacity` models and as many tasks (default 2000), and forgets the one not used for longest. */
export function createAnswerLengths({ capacity = 2000 }: { readonly capacity?: number } = {}): AnswerLengths {
  const ofAll: ByModel = new LruMap(capacity)
  // Tasks and models are looked up one after the other: a name put together of both would have to be read through again for each look.
  const ofTasks = new LruMap<string, ByModel>(capacity)
  return {
    expected(model, task) {
      const ofTask = task === null ? undefined : ofTasks.get(task)?.get(model)
      return (ofTask ?? ofAll.get(model))?.expected ?? null
    },
    learn(model, task, tokens) {
      lengthsOf(model, ofAll).add(tokens)
      if (task === null) return
      let ofTask = ofTasks.get(task)
      if (!ofTask) {
        ofTask = new LruMap(MODELS_OF_A_TASK)
        ofTasks.set(task, ofTask)
      }
      lengthsOf(model, ofTask).add(tokens)
    },
  }
}

function lengthsOf(model: string, known: ByModel): RecentLengths {
  let lengths = known.get(model)
  if (!lengths) {
    lengths = new RecentLengths()
    known.set(model, lengths)
  }
  return lengths
}

/** The last answers of one kind. */
class RecentLengths {
  readonly #tokens: number[] = []
  /** The same, the shortest first. */
  readonly #sorted: number[] = []
  #next = 0

  add(tokens: number): void {
    const oldest = this.#tokens[this.#next]
    this.#tokens[this.#next] = tokens
    this.#next = (this.#next + 1) % REMEMBERED
    this.#sort(oldest === undefined ? this.#sorted.length : this.#sorted.indexOf(oldest), tokens)
  }

  get expected(): number {
    const usual = this.#sorted[Math.ceil(this.#sorted.length * SHARE) - 1] ?? 0
    return usual + Math.ceil(usual / MARGIN_PART)
  }

  /** Every call teaches and asks, so nothing is sorted anew: from a place that is free on, others move up until the new one fits. */
  #sort(free: number, tokens: number): void {
    const sorted = this.#sorted
    let place = free
    for (let below = sorted[place - 1]; below !== undefined && below > tokens; below = sorted[place - 1]) {
      sorted[place] = below
      place -= 1
    }
    for (let above = sorted[place + 1]; above !== undefined && above < tokens; above = sorted[place + 1]) {
      sorted[place] = above
      place += 1
    }
    sorted[place] = tokens
  }
}
