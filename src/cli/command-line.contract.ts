import { tmpdir } from 'node:os'
import type { Environment } from '../config/substitute.ts'
import { runCli } from './main.ts'

/*
 * The command line in this process, for tests. Not a contract itself: the name keeps it out of the build.
 */

/** What a command left behind. */
export interface CommandResult {
  readonly exitCode: 0 | 1 | 2
  readonly out: string
  readonly err: string
}

/** Where and with what a command runs. */
export interface CommandSurroundings {
  readonly env?: Environment
  /** Default: the directory for temporary files. */
  readonly directory?: string
  /** Whether stderr is a terminal. */
  readonly watched?: boolean
}

/** Runs one command line. */
export async function runCommand(
  args: readonly string[],
  surroundings: CommandSurroundings = {},
): Promise<CommandResult> {
  const { env = {}, directory = tmpdir(), watched = false } = surroundings
  const said = { out: '', err: '' }
  const exitCode = await runCli(args, {
    env,
    directory,
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text), isTTY: watched },
  })
  return { exitCode, ...said }
}
