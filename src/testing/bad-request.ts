/** A request that a real provider would answer with a 4xx; the wall answers the same way, so that wrong requests do not pass in tests. */
export class BadRequest extends Error {
  readonly status: number
  /** The field, where one is to blame. */
  readonly param: string | null

  constructor(message: string, param: string | null = null, status = 400) {
    super(message)
    this.name = 'BadRequest'
    this.param = param
    this.status = status
  }
}
