/** Says that somebody who waits has left. An AbortSignal does; `Leave` does the same for a tenth of the work. */
export interface LeaveSignal {
  readonly aborted: boolean
  /** Why; undefined until it is so. */
  readonly reason: unknown
  addEventListener(type: 'abort', listener: LeaveListener, options?: { readonly once: boolean }): void
  removeEventListener(type: 'abort', listener: LeaveListener): void
}

/** Whoever is told, as event targets tell it: an object needs no function of its own for that. */
export type LeaveListener = (() => void) | { handleEvent(): void }

/** For listeners that are told once, which is all that can happen. */
export const ONCE = { once: true }

const NOBODY: readonly LeaveListener[] = []

/**
 * A controller and its signal in one, for what there is one of with every call: an AbortController with an AbortSignal is an event target with a map, a
 * list and checks of its own. Each listener is told once, unless it stopped listening, and must not throw.
 */
export class Leave implements LeaveSignal {
  /** Nearly always one or none. */
  #listeners = NOBODY
  #aborted = false
  #reason: unknown

  get signal(): LeaveSignal {
    return this
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get reason(): unknown {
    if (this.#aborted) this.#reason ??= new DOMException('This operation was aborted', 'AbortError')
    return this.#reason
  }

  addEventListener(_type: 'abort', listener: LeaveListener): void {
    if (this.#aborted || this.#listeners.includes(listener)) return
    this.#listeners = this.#listeners === NOBODY ? [listener] : [...this.#listeners, listener]
  }

  removeEventListener(_type: 'abort', listener: LeaveListener): void {
    if (!this.#listeners.includes(listener)) return
    this.#listeners = this.#listeners.length === 1 ? NOBODY : this.#listeners.filter((one) => one !== listener)
  }

  /** Tells everybody, once. */
  abort(reason?: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    for (const listener of this.#listeners) {
      if (!this.#listeners.includes(listener)) continue
      if (typeof listener === 'function') listener()
      else listener.handleEvent()
    }
    this.#listeners = NOBODY
  }
}

/** The same as a signal of the platform, for those who take no other. */
export function abortSignalOf(signal: LeaveSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal
  const controller = new AbortController()
  if (signal.aborted) controller.abort(signal.reason)
  else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  return controller.signal
}
