import type { Command } from 'commander'
import { GatewayError } from '../errors/gateway-error.ts'
import type { CliContext } from './context.ts'
import { Output } from './output.ts'
import { messageWithCause } from './reason.ts'
import { UserError } from './user-error.ts'

/** What a command is told by its flags; each command adds its own. */
export interface CommonFlags {
  readonly json?: boolean
}

/** The work of a command. May give the exit code when it is not 0. */
export type CommandWork = (output: Output) => Promise<0 | 1 | 2> | Promise<void>

/** Adds a command to the program: each file in `commands/` exports one. */
export type RegisterCommand = (program: Command, cli: Cli) => void

/** One run of the command line: what commands are given, and the exit code in the end. */
export class Cli {
  readonly context: CliContext
  #exitCode: 0 | 1 | 2 = 0

  constructor(context: CliContext) {
    this.context = context
  }

  /** 0: done. 1: it did not work, or was found wrong. 2: it was asked for wrongly. */
  get exitCode(): 0 | 1 | 2 {
    return this.#exitCode
  }

  /** Does a command's work. Errors become a message and an exit code, never a stack trace. */
  async run(flags: CommonFlags, work: CommandWork): Promise<void> {
    const output = new Output(this.context, flags.json ?? false)
    try {
      this.#exitCode = (await work(output)) ?? 0
    } catch (error) {
      this.#exitCode = error instanceof UserError ? error.exitCode : 1
      this.#report(error, output)
    }
  }

  #report(error: unknown, output: Output): void {
    const code = error instanceof GatewayError ? error.code : undefined
    const message = messageOf(error)
    if (output.json) output.result({ error: { ...(code !== undefined && { code }), message } }, () => [])
    else output.remark(`headgate: ${message}`)
    if (this.context.env.HEADGATE_DEBUG && error instanceof Error) output.remark(error.stack ?? '')
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UserError) return error.message
  if (error instanceof GatewayError) return messageWithCause(error)
  const text = error instanceof Error ? error.message : String(error)
  return `something went wrong that should not have: ${text} (HEADGATE_DEBUG=1 shows where)`
}
