import { resolve } from 'node:path'
import type { Command } from 'commander'
import { CONFIG_FILE_NAMES, findConfigFile } from '../../config/find-config-file.ts'
import { loadConfigText } from '../../config/load.ts'
import { configNotes } from '../../config/notes.ts'
import type { ConfigProblem } from '../../config/problem.ts'
import { readConfigFile } from '../../config/resolve.ts'
import type { Config } from '../../config/schema.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import type { Cli, CommonFlags } from '../cli.ts'
import type { Output } from '../output.ts'
import { problemLines } from '../problem-list.ts'
import { UserError } from '../user-error.ts'

/** `headgate check [file]`: whether a config is valid, and each thing that is wrong with it. */
export function registerCheck(program: Command, cli: Cli): void {
  program
    .command('check')
    .description('validate a config: every problem with its file, line, path and the nearest valid name')
    .argument('[file]', `config file (default: ${CONFIG_FILE_NAMES[0]})`)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExit codes: 0 the config is valid, 1 it is not, 2 wrong usage.')
    .action((file: string | undefined, flags: CommonFlags) => cli.run(flags, (output) => check(cli, output, file)))
}

async function check(cli: Cli, output: Output, given: string | undefined): Promise<0 | 1> {
  const { directory, env } = cli.context
  const file = given ?? findConfigFile(directory)
  if (file === null)
    throw new UserError(`there is no ${CONFIG_FILE_NAMES[0]} here; name a file, or write one with: headgate init`)
  const text = await readConfigFile(resolve(directory, file))
  if (typeof text !== 'string') return invalid(output, file, [{ ...text, file }])
  const result = loadConfigText(text, file, { env, knownProviders: [...providerDefinitions.values()] })
  if (!result.ok) return invalid(output, file, result.problems)
  const counts = countsOf(result.config)
  const notes = configNotes(result.config)
  output.result({ valid: true, file, ...counts, notes, problems: [] }, () => [
    output.styled('green', `${file} is valid: ${Object.entries(counts).map(plural).join(', ')}.`),
    ...notes,
  ])
  return 0
}

function invalid(output: Output, file: string, problems: readonly ConfigProblem[]): 1 {
  output.result({ valid: false, file, problems }, () => [
    ...problemLines(problems),
    output.styled('red', `${file} is not valid: ${plural(['problems', problems.length])}.`),
  ])
  return 1
}

function countsOf(config: Config): Readonly<Record<string, number>> {
  return {
    providers: config.providers.size,
    models: config.models.size,
    tasks: config.tasks.size,
    plans: config.plans.size,
    tenants: config.tenants.size,
    budgets: config.budgets.length,
  }
}

function plural([noun, count]: readonly [noun: string, count: number]): string {
  return `${count} ${count === 1 ? noun.replace(/s$/, '') : noun}`
}
