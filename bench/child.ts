import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, OwnCost } from './answer-parent.ts'

/** A running child process of the bench. */
export class Child<Ready = unknown> {
  readonly ready: Ready
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #number = 0

  private constructor(child: ChildProcess, ready: Ready) {
    this.#process = child
    this.ready = ready
    child.on('message', (message) => this.#answered(message as Answer))
    child.on('exit', (code) => this.#gone(code))
  }

  /** Starts a module of this folder and waits until it says that it is ready. Rejects when it ends before. */
  static start<Ready>(module: string, args: readonly string[] = []): Promise<Child<Ready>> {
    const child = fork(fileURLToPath(new URL(module, import.meta.url)), args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`${module} ended with code ${code} before it was ready`)))
      child.once('message', (message) => {
        child.removeAllListeners('exit')
        resolve(new Child(child, (message as Answer).value as Ready))
      })
    })
  }

  /** The operating system's number of the process. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** Asks the child something. Rejects with what went wrong there, or when it ends without an answer. */
  ask<Value>(name: string, argument?: unknown): Promise<Value> {
    this.#number += 1
    const number = this.#number
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (value: unknown) => void, reject })
      this.#process.send({ number, name, argument })
    })
  }

  /** What the child has cost so far. */
  cost(): Promise<OwnCost> {
    return this.ask<OwnCost>('cost')
  }

  /** Ends the child, politely when it knows `stop`. */
  async stop(): Promise<void> {
    await this.ask('stop').catch(() => undefined)
    this.#process.kill()
  }

  #answered({ number, value, error }: Answer): void {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  }

  #gone(code: number | null): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(`a process of the bench ended with code ${code}`))
    this.#waiting.clear()
  }
}
