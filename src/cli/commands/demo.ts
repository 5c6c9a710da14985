import { type Command, InvalidArgumentError } from 'commander'
import type { Cli } from '../cli.ts'
import type { DemoFlags } from '../demo/demo.ts'
import { withGatewayFlags } from '../gateway-flags.ts'

/** `headgate demo`: mixed traffic for a running gateway, so that its console has something to show. */
export function registerDemo(program: Command, cli: Cli): void {
  withGatewayFlags(
    program
      .command('demo')
      .description('send realistic mixed traffic to a running gateway, so that its console has something to show')
      .option('--requests <number>', 'how many calls', wholeNumber(100_000), 120)
      .option('--rate <number>', 'how many calls a second', wholeNumber(1_000), 10)
      .addHelpText(
        'after',
        '\nWith an admin key the calls come from several demo tenants, through a key that lives as long as the demo.' +
          '\nWhere the gateway uses real providers, the calls cost real money.',
      ),
  ).action((flags: DemoFlags) =>
    cli.run(flags, async (output) => {
      const { demo } = await import('../demo/demo.ts')
      await demo(cli.context, output, flags)
    }),
  )
}

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,7}$/.test(text) ? Number(text) : 0
    if (number < 1 || number > most) throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`)
    return number
  }
}
