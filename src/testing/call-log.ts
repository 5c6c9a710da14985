import { appendFileSync } from 'node:fs'
import type { WallCall } from './wall-call.ts'

type Mutable<Record> = { -readonly [Field in keyof Record]: Record[Field] }

/** A call while it runs: the wall writes, tests read. */
export type RunningCall = Mutable<WallCall>

/** What the wall remembers, in memory and, when asked, in a file of JSON lines. */
export class CallLog {
  readonly #file: string | undefined
  readonly #keep: number
  readonly #calls: RunningCall[] = []
  readonly #waiting = new Set<() => void>()
  #number = 0

  /** `file` gets one line for every call that ended; `keep` is how many calls stay in memory. */
  constructor(file: string | undefined, keep: number) {
    this.#file = file
    this.#keep = keep
  }

  get calls(): readonly WallCall[] {
    return this.#calls
  }

  /** The number of the next call. */
  nextNumber(): number {
    return ++this.#number
  }

  add(call: RunningCall): void {
    this.#calls.push(call)
    if (this.#calls.length > this.#keep) this.#calls.shift()
    this.changed()
  }

  clear(): void {
    this.#calls.length = 0
  }

  /** To be called after every change of a call, for those who wait. */
  changed(): void {
    for (const look of this.#waiting) look()
  }

  /**
   * Decides how a call ended; the first decision stands. The line is in the file when this returns, and so, because
   * it is called before the last bytes are written, before the peer can know the end.
   */
  settle(call: RunningCall, outcome: Exclude<WallCall['outcome'], 'open'>, nowMs: number): void {
    if (call.outcome !== 'open') return
    call.outcome = outcome
    call.completed = outcome === 'completed' && call.dialect !== null
    call.endedAt = nowMs
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(lineOf(call))}\n`)
    this.changed()
  }

  /** The first call, past or to come, for which the predicate holds. Rejects after `timeoutMs` with what was seen. */
  waitFor(predicate: (call: WallCall) => boolean, timeoutMs: number): Promise<WallCall> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.#calls.find(predicate)
        if (!found) return
        stop()
        resolve(found)
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Error(`no call matched within ${timeoutMs} ms; seen:\n${this.#summary()}`))
      }, timeoutMs)
      const stop = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
      }
      this.#waiting.add(look)
      look()
    })
  }

  #summary(): string {
    const line = (call: WallCall): string =>
      `  ${call.number} ${call.method} ${call.path} ${call.model ?? ''} ${call.outcome} after ${call.contentEvents} content events`
    return this.#calls.slice(-20).map(line).join('\n') || '  nothing'
  }
}

/** A call as it is written to the file: everything but the bodies. */
function lineOf(call: WallCall): Omit<WallCall, 'rawBody' | 'body'> {
  const { rawBody: _rawBody, body: _body, ...line } = call
  return line
}
