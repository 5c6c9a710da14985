/** One server-sent event: its type (empty when not named) and its data lines joined with a line feed. */
export interface SseEvent {
  readonly event: string
  readonly data: string
}
