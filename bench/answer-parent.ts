/** The CPU time and memory of one process. */
export interface OwnCost {
  /** User and system time since the process began, all threads, in µs. */
  readonly cpuUs: number
  /** The part of it that is not the main thread's: V8's compiler and collector, above all. */
  readonly besideUs: number
  readonly rssBytes: number
}

/** What a child can be asked, and how it answers. */
export type Questions = Readonly<Record<string, (argument: unknown) => unknown>>

/** What the parent sends. */
export interface Question {
  readonly number: number
  readonly name: string
  readonly argument?: unknown
}

/** What the child sends back; `error` instead of `value` when it could not answer. */
export interface Answer {
  readonly number: number
  readonly value?: unknown
  readonly error?: string
}

/** What this process has cost so far. */
export function ownCost(): OwnCost {
  const main = process.threadCpuUsage()
  const { user, system } = process.cpuUsage()
  const cpuUs = user + system
  return { cpuUs, besideUs: cpuUs - main.user - main.system, rssBytes: process.memoryUsage.rss() }
}

/**
 * Makes this process answer its parent over IPC: `cost`, and whatever else is given. The first message it sends (number 0) says that it
 * is ready, with `ready` as its value. It ends when the parent goes away.
 */
export function answerParent(ready: unknown, questions: Questions = {}): void {
  const all: Questions = { cost: ownCost, ...questions }
  process.on('message', async (message) => {
    const { number, name, argument } = message as Question
    try {
      send({ number, value: await all[name]?.(argument) })
    } catch (error) {
      send({ number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
  send({ number: 0, value: ready })
}

function send(answer: Answer): void {
  process.send?.(answer)
}
