import type { KillBoard } from '../admission/kill-switch-board.ts'
import { killSwitchOn } from '../admission/kill-switch-refusal.ts'
import type { KillSubject, KillTarget } from '../admission/kill-switch-scope.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { type OnRoll, Roll } from '../lib/roll.ts'

/** What can be ended. */
export interface EndableExchange {
  readonly call: { readonly dismiss: (why: GatewayError) => void }
  /** Its entry here, while it runs. */
  running: RunningExchange | null
}

/** An exchange that runs, as far as switches are concerned. */
export interface RunningExchange extends OnRoll {
  readonly exchange: EndableExchange
  readonly subject: KillSubject
  /** What serves it, or was asked last; null before the first attempt. */
  target: KillTarget | null
  /** What was asked at the same time; null when nobody was. */
  beside: KillTarget | null
}

/** The exchanges that were let in and have not closed their books: a switch that is turned on ends those in its scope. */
export class RunningExchanges {
  readonly #running = new Roll<RunningExchange>()

  get size(): number {
    return this.#running.size
  }

  /** An exchange was let in. */
  begin(exchange: EndableExchange, subject: KillSubject): void {
    exchange.running = { exchange, subject, target: null, beside: null, rollPlace: -1 }
    this.#running.add(exchange.running)
  }

  /** An attempt begins, or is the one that answers: nobody else is asked now. */
  serving({ running }: EndableExchange, target: KillTarget): void {
    if (!running) return
    running.target = target
    running.beside = null
  }

  /** A second attempt begins beside the one that runs. */
  servingBeside({ running }: EndableExchange, target: KillTarget): void {
    if (running) running.beside = target
  }

  /** The exchange is closed. */
  end(exchange: EndableExchange): void {
    if (exchange.running) this.#running.remove(exchange.running)
    exchange.running = null
  }

  /** Ends all that a board stops; each is told why. */
  stop(board: KillBoard, nowMs: number): void {
    if (board.switches.length === 0) return
    for (const { exchange, subject, target, beside } of this.#running.members()) {
      const stopped =
        board.ofCall(subject, nowMs) ??
        (target && board.ofTarget(subject, target, nowMs)) ??
        (beside && board.ofTarget(subject, beside, nowMs))
      if (stopped) exchange.call.dismiss(killSwitchOn(stopped))
    }
  }
}
