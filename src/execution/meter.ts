import type { Usage } from '../canonical/usage.ts'

/** Watches what a running stream uses, against what is held for it. */
export interface Meter {
  /**
   * Takes in how far the stream is, in totals from its beginning: events with content, bytes of generated text, tool calls, and what the provider
   * said of its own accord. False when what is held does not pay for that and for one more event.
   */
  pays(events: number, bytes: number, toolCalls: number, usage: Usage | null): boolean
  /** Takes in the same of an event that came before the stream was hung up, if what is held pays for it; says whether it did. */
  takes(events: number, bytes: number, toolCalls: number, usage: Usage | null): boolean
  /** Waits until it is paid for, and one more event; false when it cannot be. Rejects when the caller leaves. */
  more(): Promise<boolean>
  /** What was used so far, estimated where the provider said nothing. */
  usage(): Usage
}
