import { type Command, InvalidArgumentError } from 'commander'
import type { Cli } from '../cli.ts'
import type { ServeFlags } from '../serve.ts'

/** `headgate serve`: the service with its console, until it is told to stop. */
export function registerServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .description('run the gateway: the service, its admin API and its console')
    .option('--config <file>', 'config file (default: headgate.yaml when there is one)')
    .option('--host <host>', 'where to listen (default: 127.0.0.1)')
    .option('--port <port>', 'where to listen (default: 4100)', portNumber)
    .option('--data <directory>', 'directory of the embedded ledger (default: ./.headgate)')
    .option('--json', 'print what was started as JSON')
    .addHelpText('after', '\nWithout a config file: the providers whose key variables are set, else a simulated one.')
    .action((flags: ServeFlags) =>
      cli.run(flags, async (output) => {
        // Loaded here, so that the other commands start without the whole gateway.
        const { serve } = await import('../serve.ts')
        await serve(cli, output, flags)
      }),
    )
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.')
  return port
}
