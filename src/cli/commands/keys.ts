import { type Command, InvalidArgumentError } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import { createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import { type Moment, momentAfter, parseMoment } from '../moment.ts'
import type { Output } from '../output.ts'
import { UserError } from '../user-error.ts'

interface CreateFlags extends GatewayFlags {
  readonly kind?: string
  readonly tenant?: string
  readonly tenants?: string
  readonly name?: string
  readonly default?: Readonly<Record<string, string>>
  readonly allowModel?: readonly string[]
  readonly expires?: Moment
}

const KINDS = ['tenant', 'service', 'admin']
const PATH = '/admin/v1/keys'

/** `headgate keys create|list|revoke`: the virtual keys that callers and operators show. */
export function registerKeys(program: Command, cli: Cli): void {
  const keys = program.command('keys').description('make, list and revoke virtual keys of a running gateway')
  withGatewayFlags(
    keys
      .command('create')
      .description('make a key; it is printed this once')
      .option('--tenant <id>', 'the tenant that the key is for')
      .option('--kind <kind>', `${KINDS.join(', ')} (default: tenant with --tenant, service with --tenants)`, kind)
      .option('--tenants <ids>', 'tenants that a service key may speak for, separated by commas; "*" is all')
      .option('--name <name>', 'a name for people')
      .option('--default <key=value>', 'what calls with this key say unless they say otherwise; repeatable', pair, {})
      .option(
        '--allow-model <name>',
        'a task, model or provider/model the key may use; repeatable (default: all)',
        also,
      )
      .option('--expires <when>', 'when the key stops working: 30d, 12h or an ISO time (default: never)', parseMoment)
      .addHelpText('after', '\nThe key alone goes to stdout: HEADGATE_KEY=$(headgate keys create --tenant acme)'),
  ).action((flags: CreateFlags) => cli.run(flags, (output) => create(cli, output, flags)))
  withGatewayFlags(keys.command('list').description('list all keys, newest first; never their text')).action(
    (flags: GatewayFlags) => cli.run(flags, (output) => list(cli, output, flags)),
  )
  withGatewayFlags(
    keys
      .command('revoke')
      .description('revoke keys; they stop working within seconds everywhere')
      .argument('<id...>', 'ids from keys list'),
  ).action((ids: readonly string[], flags: GatewayFlags) => cli.run(flags, (output) => revoke(cli, output, ids, flags)))
}

async function create(cli: Cli, output: Output, flags: CreateFlags): Promise<void> {
  const kindAsked =
    flags.kind ?? (flags.tenant !== undefined ? 'tenant' : flags.tenants !== undefined ? 'service' : null)
  if (kindAsked === null) {
    throw new UserError('say what the key is for: --tenant ID, --tenants ID,ID or "*", or --kind admin', 2)
  }
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const made = await client.post(PATH, {
    kind: kindAsked,
    ...(flags.tenant === undefined ? {} : { tenant_id: flags.tenant }),
    ...(flags.tenants === undefined ? {} : { tenants: flags.tenants.split(',').map((id) => id.trim()) }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    defaults: { ...flags.default },
    ...(flags.allowModel === undefined ? {} : { allowed_models: [...flags.allowModel] }),
    ...(flags.expires === undefined ? {} : { expires_at: momentAfter(Date.now(), flags.expires) }),
  })
  output.result(made, () => [String(made.key)])
  if (!output.json) output.remark(`${kindAsked} key ${made.id}${ownerOf(made)}; it is shown this once.`)
}

async function list(cli: Cli, output: Output, flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const data = await client.list(PATH)
  output.result({ data: [...data] }, () => {
    if (data.length === 0) return ['No keys. Make one with: headgate keys create --tenant acme']
    const head = ['id', 'key', 'kind', 'for', 'name', 'state', 'created']
    return output.table(
      head,
      data.map((row) => [
        String(row.id),
        String(row.prefix),
        String(row.kind),
        ownersOf(row).join(','),
        textOr(row.name),
        stateOf(row, Date.now()),
        String(row.created_at).slice(0, 10),
      ]),
    )
  })
}

async function revoke(cli: Cli, output: Output, ids: readonly string[], flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  for (const id of ids) await client.delete(`${PATH}/${encodeURIComponent(id)}`)
  output.result({ revoked: [...ids] }, () => ids.map((id) => `Revoked ${id}.`))
}

function ownersOf(row: JsonObject): readonly string[] {
  if (typeof row.tenant_id === 'string') return [row.tenant_id]
  return Array.isArray(row.tenants) ? row.tenants.map(String) : []
}

function ownerOf(row: JsonObject): string {
  const owners = ownersOf(row)
  return owners.length === 0 ? '' : ` for ${owners.join(', ')}`
}

function stateOf(row: JsonObject, nowMs: number): string {
  if (typeof row.revoked_at === 'string') return 'revoked'
  if (typeof row.expires_at !== 'string') return 'active'
  return Date.parse(row.expires_at) <= nowMs ? 'expired' : `until ${row.expires_at.slice(0, 10)}`
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '–'
}

function kind(text: string): string {
  if (!KINDS.includes(text)) throw new InvalidArgumentError(`It must be one of ${KINDS.join(', ')}.`)
  return text
}

function pair(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const mark = text.indexOf('=')
  if (mark < 1) throw new InvalidArgumentError('It must be key=value, such as feature=support.')
  return { ...before, [text.slice(0, mark)]: text.slice(mark + 1) }
}

function also(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
