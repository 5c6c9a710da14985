import { GatewayError } from '../../src/errors/gateway-error.ts'
import type { Ledger } from '../../src/money/ledger-watch.ts'
import { fate } from './fate.ts'
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts'

/** When a client of the database gives up on an answer. */
const PATIENCE_MS = 500
/** At most so long after that a question may still be worked on. */
const AFTERLIFE_MS = 3_000

/** Nothing that is asked later overtakes these; see `LedgerStore.returnSlices`. */
const GIFTS: ReadonlySet<string> = new Set(['returnSlices', 'answerRecall', 'keepSlices'])

/** The network between one process and the database. */
export interface LinkOptions {
  readonly time: VirtualTime
  readonly ledger: Ledger
  readonly owner: SimulatedProcess
  /** What fates follow from: the scenario and the process. */
  readonly seeds: readonly [number, number]
  readonly latencyMs: number
  /** How many of 1,000 questions fail now. */
  readonly lossPermille: () => number
  /** Whether nothing comes through now. */
  readonly isCut: () => boolean
  /** Whether the database refuses to work now. */
  readonly isDown: () => boolean
  /** Told of everything that goes over the link. */
  readonly trace: (line: () => string) => void
  /** Called when the database has done a piece of work, before anybody hears of it. */
  readonly worked: (name: string, args: readonly unknown[], answer: unknown) => void
}

/**
 * The ledger as a process sees it over a network: answers take their time and overtake one another; a question may be lost before it is worked on, its answer may
 * be lost, and it may be worked on after its asker has given up. Whoever is not answered hears `ledger_unavailable`.
 */
export function overLink(options: LinkOptions): Ledger {
  const { time, ledger, owner, seeds, latencyMs, trace, worked } = options
  let questions = 0

  const ask = (name: string, args: readonly unknown[]): Promise<unknown> => {
    questions += 1
    const number = questions
    const chance = (what: number): number => fate(...seeds, number, what)
    const there = chance(1) * latencyMs
    const back = chance(2) * latencyMs
    const fails = chance(3) * 1_000 < options.lossPermille()
    const how = Math.floor(chance(4) * 3)
    const mayBeLate = !GIFTS.has(name)
    const lateMs = PATIENCE_MS + chance(5) * AFTERLIFE_MS
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new GatewayError('ledger_unavailable', 'no answer'))
      const work = async (): Promise<void> => {
        try {
          if (options.isDown()) throw new GatewayError('ledger_unavailable', 'down')
          const method = ledger[name as keyof Ledger] as (...args: readonly unknown[]) => Promise<unknown>
          const answer = await method(...args)
          trace(() => `#${number} is done, answer ${textOf(answer)}${fails ? ', which is lost' : ''}`)
          worked(name, args, answer)
          time.after(back, fails ? giveUp : () => resolve(answer), owner)
        } catch (error) {
          time.after(back, () => reject(error), owner)
        }
      }
      const late = fails && how === 2 && mayBeLate
      trace(() => `#${number} ${name} ${textOf(args)}${late ? ' (comes late)' : ''}`)
      if (options.isCut() || late) time.after(PATIENCE_MS, giveUp, owner)
      else if (fails && how === 0) time.after(there, giveUp, owner)
      if (!options.isCut() && !(fails && how === 0)) time.after(late ? lateMs : there, () => void work(), null)
    })
  }
  return new Proxy(ledger, {
    get:
      (_, name) =>
      (...args: readonly unknown[]) =>
        ask(String(name), args),
  })
}

function textOf(value: unknown): string {
  const write = (_: string, member: unknown): unknown => {
    if (typeof member === 'bigint') return `${member}`
    const { id, key, windowId } = (member ?? {}) as Record<string, unknown>
    if (typeof key === 'string' && typeof windowId === 'string') return `${key} ${windowId}`
    return typeof id === 'string' ? id : member
  }
  return JSON.stringify(value, write) ?? ''
}
