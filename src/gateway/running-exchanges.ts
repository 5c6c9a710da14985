import type { KillBoard } from '../admission/kill-switch-board.ts'
import { killSwitchOn } from '../admission/kill-switch-refusal.ts'
import type { KillSubject, KillTarget } from '../admission/kill-switch-scope.ts'
import type { Exchange } from './exchange.ts'

interface Running {
  readonly subject: KillSubject
  /** What serves it, or was asked last; null before the first attempt. */
  target: KillTarget | null
}

/** The exchanges that were let in and have not closed their books: a switch that is turned on ends those in its scope. */
export class RunningExchanges {
  readonly #running = new Map<Exchange, Running>()

  /** An exchange was let in. */
  begin(exchange: Exchange, subject: KillSubject): void {
    this.#running.set(exchange, { subject, target: null })
  }

  /** An attempt begins. */
  serving(exchange: Exchange, target: KillTarget): void {
    const running = this.#running.get(exchange)
    if (running) running.target = target
  }

  /** The exchange is closed. */
  end(exchange: Exchange): void {
    this.#running.delete(exchange)
  }

  /** Ends all that a board stops; each is told why. */
  stop(board: KillBoard, nowMs: number): void {
    if (board.switches.length === 0) return
    for (const [exchange, { subject, target }] of this.#running) {
      const stopped = board.ofCall(subject, nowMs) ?? (target && board.ofTarget(subject, target, nowMs))
      if (stopped) exchange.call.dismiss(killSwitchOn(stopped))
    }
  }
}
