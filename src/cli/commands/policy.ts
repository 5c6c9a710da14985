import { type Command, InvalidArgumentError } from 'commander'
import { changesBetween } from '../../gateway/policy-versions/section-changes.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { type AdminClient, createAdminClient, rowsOf } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import { parseMoment } from '../moment.ts'
import type { Output } from '../output.ts'
import { changeCount, changeLines, changesOf, policyLines } from '../policy/lines.ts'
import { type PublishFlags, putIntoForce, refuseIdleFlags } from '../policy/put-into-force.ts'
import { readPolicyFile } from '../policy-file.ts'
import { MOST_ROWS, rowLimit } from '../row-limit.ts'
import { withLimitFlags } from '../simulate/limits.ts'
import { parseSuppose, SUPPOSABLE } from '../simulate/suppose.ts'
import { UserError } from '../user-error.ts'

interface VersionsFlags extends GatewayFlags {
  readonly limit: string
}

interface PublishFileFlags extends PublishFlags {
  readonly after?: number
}

const PATH = '/admin/v1/policy'

/** `headgate policy show|versions|diff|publish|rollback`: which policy is in force, which were, and putting another into force. */
export function registerPolicy(program: Command, cli: Cli): void {
  const policy = program.command('policy').description('the policy of a running gateway: its versions, and publishing')
  withGatewayFlags(
    policy
      .command('show')
      .description('a version as YAML that can be published again')
      .argument('[version]', 'its number (default: the one in force)', versionNumber),
  ).action((number: number | undefined, flags: GatewayFlags) =>
    cli.run(flags, (output) => show(cli, output, number, flags)),
  )
  withGatewayFlags(
    policy
      .command('versions')
      .description('every version, newest first: who, when, why, and how much it changed')
      .option('--limit <count>', `how many, at most ${MOST_ROWS}`, rowLimit, '50'),
  ).action((flags: VersionsFlags) => cli.run(flags, (output) => versions(cli, output, flags)))
  withGatewayFlags(
    policy
      .command('diff')
      .description('what differs between two versions, value by value')
      .argument('<from>', 'number of a version', versionNumber)
      .argument('[to]', 'number of another (default: the one in force)', versionNumber),
  ).action((from: number, to: number | undefined, flags: GatewayFlags) =>
    cli.run(flags, (output) => diff(cli, output, from, to, flags)),
  )
  withPublishFlags(
    policy
      .command('publish')
      .description('show what a policy changes, and put it into force on every instance')
      .argument('<file>', 'YAML or JSON with policy sections; those that it leaves out stay as they are')
      .option('--after <version>', 'refuse when this is not the newest version any more', versionNumber),
  ).action((file: string, flags: PublishFileFlags) => cli.run(flags, (output) => publish(cli, output, file, flags)))
  withPublishFlags(
    policy
      .command('rollback')
      .description('publish an earlier version again, as a new one')
      .argument('[version]', 'its number (default: the one before the newest)', versionNumber),
  ).action((number: number | undefined, flags: PublishFlags) =>
    cli.run(flags, (output) => rollback(cli, output, number, flags)),
  )
}

function withPublishFlags(command: Command): Command {
  command
    .option('--reason <text>', 'why, for the version and the audit log')
    .option('--simulate <since>', 'try it first on requests of the gateway from when on: 7d, 12h', parseMoment)
    .option(
      '--suppose <attribute=value>',
      `with --simulate: of requests that do not say it, ${SUPPOSABLE}`,
      parseSuppose,
    )
    .option('--dry-run', 'only show what would change')
  return withGatewayFlags(withLimitFlags(command))
}

async function show(cli: Cli, output: Output, number: number | undefined, flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  if (number !== undefined) {
    const version = await versionNumbered(client, number)
    return output.result(version, () => policyLines(version, version.sections))
  }
  const told = await client.get(PATH)
  output.result(told, () => policyLines(isObject(told.version) ? told.version : null, told.sections))
}

async function versions(cli: Cli, output: Output, flags: VersionsFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const [{ version }, page] = [await client.get(PATH), await client.get(`${PATH}/versions`, { limit: flags.limit })]
  const inForce = isObject(version) ? version.number : null
  const rows = rowsOf(page)
  output.result({ in_force: inForce ?? null, data: [...rows] }, () => {
    if (rows.length === 0) return ['No version was noted yet.']
    return output.table(
      ['version', '', 'published', 'by', 'hash', 'changes', 'reason'],
      rows.map((row) => [
        Number(row.number),
        row.number === inForce ? 'in force' : '',
        String(row.created_at).slice(0, 19).replace('T', ' '),
        String(row.actor),
        String(row.hash),
        changesOf(row).length,
        typeof row.reason === 'string' ? row.reason : '–',
      ]),
    )
  })
}

async function diff(cli: Cli, output: Output, from: number, to: number | undefined, flags: GatewayFlags) {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const before = await versionNumbered(client, from)
  const after = await (to === undefined ? client.get(PATH) : versionNumbered(client, to))
  const number = to ?? (isObject(after.version) ? after.version.number : null) ?? null
  const changes = between(before, after)
  output.result({ from, to: number, changes: [...changes] }, () =>
    changes.length === 0
      ? [`Versions ${from} and ${number} do not differ.`]
      : [`${changeCount(changes)} from version ${from} to version ${number}:`, '', ...changeLines(changes, output)],
  )
}

async function publish(cli: Cli, output: Output, file: string, flags: PublishFileFlags): Promise<0 | 1> {
  refuseIdleFlags(flags)
  const policy = await readPolicyFile(file, cli.context)
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const seen = flags.after === undefined ? {} : { after: flags.after }
  const preview = await client.post(PATH, { policy, dry_run: true, ...seen })
  const { source, after = 0 } = preview
  return putIntoForce(
    client,
    output,
    {
      policy,
      source,
      changes: changesOf(preview),
      publish: () => client.post(PATH, { policy, after, ...reasonOf(flags) }),
    },
    flags,
  )
}

async function rollback(cli: Cli, output: Output, number: number | undefined, flags: PublishFlags): Promise<0 | 1> {
  refuseIdleFlags(flags)
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const [{ source }, { data }] = [await client.get(PATH), await client.get(`${PATH}/versions`, { limit: '1' })]
  const after = Array.isArray(data) && isObject(data[0]) ? Number(data[0].number) : 0
  const to = number ?? after - 1
  if (to < 1 || to >= after) throw new UserError(`there is no version ${to} before the newest, which is ${after}`)
  const [now, then] = [await versionNumbered(client, after), await versionNumbered(client, to)]
  return putIntoForce(
    client,
    output,
    {
      policy: then.sections ?? {},
      source,
      changes: between(now, then),
      publish: () => client.post(`${PATH}/rollback`, { to, after, ...reasonOf(flags) }),
    },
    flags,
  )
}

function versionNumbered(client: AdminClient, number: number): Promise<JsonObject> {
  return client.get(`${PATH}/versions/${number}`)
}

function between(before: JsonObject, after: JsonObject): readonly JsonObject[] {
  const [from, to] = [before.sections, after.sections]
  return changesBetween(isObject(from) ? from : {}, isObject(to) ? to : {}).map((change) => ({ ...change }))
}

function reasonOf({ reason }: PublishFlags): JsonObject {
  return reason === undefined ? {} : { reason }
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be the number of a version, such as 3.')
  return Number(text)
}
