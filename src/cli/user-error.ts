/** Something the person at the keyboard can put right. Shown as its message alone, without a stack trace. */
export class UserError extends Error {
  /** 1: it did not work. 2: it was asked for wrongly. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.name = 'UserError'
    this.exitCode = exitCode
  }
}
