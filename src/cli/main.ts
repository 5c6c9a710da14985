import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { Cli, type RegisterCommand } from './cli.ts'
import { registerBudgets } from './commands/budgets.ts'
import { registerCheck } from './commands/check.ts'
import { registerDemo } from './commands/demo.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerExplain } from './commands/explain.ts'
import { registerInit } from './commands/init.ts'
import { registerJobs } from './commands/jobs.ts'
import { registerKeys } from './commands/keys.ts'
import { registerKill } from './commands/kill.ts'
import { registerLimits } from './commands/limits.ts'
import { registerMigrate } from './commands/migrate.ts'
import { registerPolicy } from './commands/policy.ts'
import { registerQuality } from './commands/quality.ts'
import { registerServe } from './commands/serve.ts'
import { registerSimulate } from './commands/simulate.ts'
import { registerUsage } from './commands/usage.ts'
import { type CliContext, processContext } from './context.ts'

/** Every command, in the order of the help text. A new one is a file in `commands/` and a line here. */
const COMMANDS: readonly RegisterCommand[] = [
  registerServe,
  registerInit,
  registerCheck,
  registerDoctor,
  registerMigrate,
  registerKeys,
  registerKill,
  registerExplain,
  registerUsage,
  registerSimulate,
  registerPolicy,
  registerQuality,
  registerBudgets,
  registerLimits,
  registerJobs,
  registerDemo,
]

/** Runs one command line (without `node` and the script). Gives the exit code: 0 done, 1 failed, 2 wrong usage. Never throws. */
export async function runCli(args: readonly string[], context: CliContext = processContext()): Promise<0 | 1 | 2> {
  const cli = new Cli(context)
  const program = new Command('headgate')
    .description('An LLM gateway: routes, budgets, prices, guards and records every model call.')
    .version(packageVersion())
    .showHelpAfterError('Run headgate --help to see what there is.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text.replace(/^error: /, 'headgate: ')),
    })
  for (const register of COMMANDS) register(program, cli)
  for (const command of program.commands) command.copyInheritedSettings(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    return cli.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    context.stderr.write(`headgate: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
