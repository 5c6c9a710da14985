import { type Command, InvalidArgumentError } from 'commander'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { scopeText } from '../../storage/protocol/scope-text.ts'
import { createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import type { Output } from '../output.ts'
import { UserError } from '../user-error.ts'

type Scope = Readonly<Record<string, string | true>>

interface SwitchFlags extends GatewayFlags {
  readonly scope: Scope
  readonly reason?: string
}

const PATH = '/admin/v1/kill-switches'
const SCOPE = 'total, or name=value: tenant, team, user, feature, task, model, provider, key; repeat it to narrow'

/** `headgate kill on|off|list`: stops calls, by any scope, at once and everywhere. */
export function registerKill(program: Command, cli: Cli): void {
  const kill = program.command('kill').description('switch off calls of a running gateway, by any scope')
  withGatewayFlags(
    kill
      .command('on')
      .description('refuse calls from now on, and end those that run')
      .requiredOption('--scope <scope>', SCOPE, scope)
      .requiredOption('--reason <text>', 'why; callers and the audit log are told'),
  ).action((flags: SwitchFlags) => cli.run(flags, (output) => turnOn(cli, output, flags)))
  withGatewayFlags(
    kill
      .command('off')
      .description('let calls through again')
      .requiredOption('--scope <scope>', 'exactly as it was switched off', scope)
      .option('--reason <text>', 'why, for the audit log'),
  ).action((flags: SwitchFlags) => cli.run(flags, (output) => turnOff(cli, output, flags)))
  withGatewayFlags(kill.command('list').description('list what is switched off, newest first')).action(
    (flags: GatewayFlags) => cli.run(flags, (output) => list(cli, output, flags)),
  )
}

async function turnOn(cli: Cli, output: Output, flags: SwitchFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const made = await client.post(PATH, { scope: { ...flags.scope }, reason: flags.reason ?? '' })
  output.result(made, () => [`Switched off ${scopeText(flags.scope)}.`])
}

async function turnOff(cli: Cli, output: Output, flags: SwitchFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const wanted = scopeText(flags.scope)
  const found = (await client.list(PATH)).filter((row) => scopeTextOf(row) === wanted)
  if (found.length === 0) throw new UserError(`${wanted} is not switched off; headgate kill list shows what is`)
  const body = flags.reason === undefined ? undefined : { reason: flags.reason }
  for (const { id } of found) await client.delete(`${PATH}/${encodeURIComponent(String(id))}`, body)
  output.result({ ended: found }, () => [`Switched on ${wanted} again.`])
}

async function list(cli: Cli, output: Output, flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const data = await client.list(PATH)
  output.result({ data: [...data] }, () => {
    if (data.length === 0) return ['Nothing is switched off.']
    return output.table(
      ['scope', 'reason', 'by', 'since', 'until'],
      data.map((row) => [
        scopeTextOf(row),
        String(row.reason),
        String(row.actor),
        minuteOf(row.created_at),
        row.until === null ? 'turned off' : minuteOf(row.until),
      ]),
    )
  })
}

function scopeTextOf(row: JsonObject): string {
  return isObject(row.scope) ? scopeText(row.scope as Scope) : ''
}

function minuteOf(iso: unknown): string {
  return String(iso).slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ')
}

function scope(text: string, before: Scope = {}): Scope {
  const alone = Object.keys(before).length === 0
  if (text === 'total' && alone) return { total: true }
  const mark = text.indexOf('=')
  if (mark < 1 || mark === text.length - 1 || before.total === true) {
    throw new InvalidArgumentError('It must be total, or name=value such as tenant=acme.')
  }
  return { ...before, [text.slice(0, mark)]: text.slice(mark + 1) }
}
