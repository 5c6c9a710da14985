import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import type { DoctorFlags } from '../doctor/doctor.ts'

/** `headgate doctor`: whether everything the gateway needs is there and in order. */
export function registerDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description('check config, ledger, clocks, providers and prices, and say what to do about each problem')
    .option('--config <file>', 'config file (default: headgate.yaml when there is one)')
    .option('--data <directory>', 'directory of the embedded ledger (default: ./.headgate)')
    .option('--online', 'also connect to every provider; nothing is sent')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      '\nThe ledger is opened as serve would open it: an embedded server is started when none runs, and stopped again.' +
        '\nExit codes: 0 it can work, 1 something keeps it from working, 2 wrong usage.',
    )
    .action((flags: DoctorFlags) =>
      cli.run(flags, async (output) => {
        const { doctor } = await import('../doctor/doctor.ts')
        return doctor(cli.context, output, flags)
      }),
    )
}
