/**
 * The connection on which a reply will go out, where it matters whether its head is still unsent: a caller who waits long for a stream is sent the
 * head before anything is known of the answer, so that nobody in between takes the connection for dead.
 */
export interface ReplyLine {
  /**
   * A stream will come, unless all attempts fail; its head may be sent from now on. `headersOf(call)` is asked for only when that is done, so that
   * a call which is answered in time pays nothing.
   */
  awaits<Call>(call: Call, headersOf: (call: Call) => Readonly<Record<string, string>>): void
  /** The call failed. True when the head of a stream was sent, which then has to bring the error; otherwise none will be sent any more. */
  fails(): boolean
}
