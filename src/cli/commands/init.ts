import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { CONFIG_FILE_NAMES } from '../../config/find-config-file.ts'
import { startersFor } from '../../config/zero-config.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import type { Cli, CommonFlags } from '../cli.ts'
import type { Output } from '../output.ts'
import { reasonOf } from '../reason-of.ts'
import { starterFile } from '../starter-file.ts'
import { UserError } from '../user-error.ts'

interface InitFlags extends CommonFlags {
  readonly file: string
  readonly force?: boolean
}

/** `headgate init`: writes a commented config for the provider keys that are set. */
export function registerInit(program: Command, cli: Cli): void {
  program
    .command('init')
    .description('write a commented headgate.yaml for the provider keys it finds in the environment')
    .option('--file <file>', 'where to write it', CONFIG_FILE_NAMES[0])
    .option('--force', 'overwrite a file that is there')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nKeys are not written into the file, only the names of their variables.')
    .action((flags: InitFlags) => cli.run(flags, (output) => init(cli, output, flags)))
}

async function init(cli: Cli, output: Output, { file, force }: InitFlags): Promise<void> {
  const { directory, env } = cli.context
  const starters = startersFor(env, [...providerDefinitions.values()])
  await write(resolve(directory, file), file, starterFile(starters), force ?? false)
  const keyVariables = starters.flatMap(({ keyVariable }) => keyVariable ?? [])
  const providers = starters.map(({ type }) => type)
  output.result({ file, providers, key_variables: keyVariables }, () => [
    output.styled('green', `Wrote ${file}.`),
    keyVariables.length > 0
      ? `Providers: ${providers.join(', ')} (from ${keyVariables.join(', ')}).`
      : 'No provider key is set, so answers are simulated. Set one, such as OPENAI_API_KEY, and run init --force.',
    'Next: headgate check, then headgate serve.',
  ])
}

async function write(path: string, file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    const code = reasonOf(error)
    if (code === 'EEXIST')
      throw new UserError(`${file} is already there; overwrite it with --force, or choose another --file`)
    if (code === 'ENOENT') throw new UserError(`${file} cannot be written: its directory does not exist`)
    throw new UserError(`${file} cannot be written (${code})`)
  }
}
