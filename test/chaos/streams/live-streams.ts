import type { Plan, WallCall } from '../../../src/testing/index.ts'
import { nameIn } from './ask.ts'
import type { Sent } from './sent.ts'
import type { StreamPlan } from './stream-plan.ts'
import { turnOf } from './upstreams.ts'

/** The streams that run, as the wall meets them: it finds its plans here, and leaves what it sent. */
export class LiveStreams {
  readonly #live = new Map<string, { readonly plan: StreamPlan; readonly sent: Recorded[] }>()
  readonly #bytes = new WeakMap<WallCall, Buffer[]>()

  begin(plan: StreamPlan): void {
    this.#live.set(plan.name, { plan, sent: [] })
  }

  /** The plan for a call of the wall; undefined for none of ours. */
  planFor(call: WallCall): Plan | undefined {
    const live = this.#live.get(nameIn(call.rawBody) ?? '')
    if (!live) return undefined
    const turn = turnOf(call.key)
    const part = live.plan.parts[turn - 1] ?? live.plan.parts[0]
    live.sent.push({ turn, part, call })
    return part.plan
  }

  /** Takes what the wall writes. */
  wrote(call: WallCall, bytes: Buffer): void {
    const kept = this.#bytes.get(call)
    if (kept) kept.push(bytes)
    else this.#bytes.set(call, [bytes])
  }

  /** Whether no provider is at work for a stream any more. */
  isOver(name: string): boolean {
    return (this.#live.get(name)?.sent ?? []).every(({ call }) => call.outcome !== 'open')
  }

  /** How many calls of a stream reached the wall. */
  calls(name: string): number {
    return this.#live.get(name)?.sent.length ?? 0
  }

  /** What was sent for a stream; it is forgotten here. */
  end(name: string): readonly Sent[] {
    const sent = this.#live.get(name)?.sent ?? []
    this.#live.delete(name)
    return sent.map((one) => ({ ...one, bytes: Buffer.concat(this.#bytes.get(one.call) ?? []) }))
  }
}

type Recorded = Omit<Sent, 'bytes'>
