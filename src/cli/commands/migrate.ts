import type { Command } from 'commander'
import type { Cli, CommonFlags } from '../cli.ts'
import type { ConfigFlags } from '../load-config.ts'

/** `headgate migrate`: brings the ledger's schema up to date. */
export function registerMigrate(program: Command, cli: Cli): void {
  program
    .command('migrate')
    .description('bring the schema of the configured ledger up to date')
    .option('--config <file>', 'config file (default: headgate.yaml when there is one)')
    .option('--data <directory>', 'directory of the embedded ledger (default: ./.headgate)')
    .option('--json', 'print what was applied as JSON')
    .addHelpText('after', '\nserve does this when it starts; run it apart to upgrade the schema before the gateways.')
    .action((flags: CommonFlags & ConfigFlags) =>
      cli.run(flags, async (output) => {
        const { migrate } = await import('../migrate.ts')
        await migrate(cli.context, output, flags)
      }),
    )
}
