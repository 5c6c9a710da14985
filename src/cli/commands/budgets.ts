import { type Command, InvalidArgumentError } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import { createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import type { Cell, Output } from '../output.ts'
import { scopeText } from '../scope-text.ts'
import { usedBar } from '../share-bar.ts'
import { UserError } from '../user-error.ts'

interface AdjustFlags extends GatewayFlags {
  readonly scope: Scope
  readonly window: string
  readonly usd?: number
  readonly tokens?: number
  readonly requests?: number
  readonly match: Match
  readonly reason: string
}

type Scope = Readonly<Record<string, string | true>>
type Match = Readonly<Record<string, readonly string[]>>

const PATH = '/admin/v1/budgets'
const WINDOWS = ['minute', 'hour', 'day', 'month']

/** `headgate budgets list|adjust`: what may be spent, what was, and corrections. */
export function registerBudgets(program: Command, cli: Cli): void {
  const budgets = program.command('budgets').description('list the budgets of a running gateway, and give credit')
  withGatewayFlags(
    budgets.command('list').description('every budget in its open window: spent, held by running calls, and left'),
  ).action((flags: GatewayFlags) => cli.run(flags, (output) => list(cli, output, flags)))
  withGatewayFlags(
    budgets
      .command('adjust')
      .description('give back to a budget in its open window, or take from it; the ledger keeps who and why')
      .requiredOption(
        '--scope <name=value>',
        'whose budget: tenant=acme, tenant=acme,user=u1, feature=chat or total',
        scope,
      )
      .requiredOption('--window <window>', WINDOWS.join(', '), windowName)
      .option('--usd <amount>', 'dollars to give back; below zero takes', amount)
      .option('--tokens <count>', 'the same for a budget of tokens', amount)
      .option('--requests <count>', 'the same for a budget of requests', amount)
      .option(
        '--match <field=value>',
        'a condition of the budget, where several share a scope; repeatable',
        condition,
        {},
      )
      .requiredOption('--reason <text>', 'why, for the audit log')
      .addHelpText(
        'after',
        '\nheadgate budgets adjust --scope tenant=acme --window day --usd 5 --reason "outage credit"',
      ),
  ).action((flags: AdjustFlags) => cli.run(flags, (output) => adjust(cli, output, flags)))
}

async function list(cli: Cli, output: Output, flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const data = await client.list(PATH)
  output.result({ data: [...data] }, () => {
    if (data.length === 0) return ['No budgets. Plans, tenants and `budgets` of the config make them.']
    const head = ['scope', 'unit', 'window', 'limit', 'spent', 'held', 'left', 'used', 'resets at']
    return output.table(
      head,
      data.map((row) => lineOf(row)),
    )
  })
}

function lineOf(row: JsonObject): readonly Cell[] {
  return [
    scopeText(row.scope, row.match),
    String(row.unit),
    String(row.window),
    ...[row.limit, row.spent, row.held, row.left].map((value) => ({ right: quantity(number(value), row.unit) })),
    usedBar(number(row.spent) + number(row.held), number(row.limit)),
    String(row.resets_at),
  ]
}

async function adjust(cli: Cli, output: Output, flags: AdjustFlags): Promise<void> {
  const given = (['usd', 'tokens', 'requests'] as const).filter((unit) => flags[unit] !== undefined)
  const [unit] = given
  if (!unit || given.length > 1) throw new UserError('say how much, once: --usd, --tokens or --requests', 2)
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const made = await client.post(`${PATH}/adjustments`, {
    scope: { ...flags.scope },
    window: flags.window,
    [unit]: flags[unit] ?? 0,
    ...(Object.keys(flags.match).length === 0 ? {} : { match: matchJson(flags.match) }),
    reason: flags.reason,
  })
  const size = quantity(Math.abs(flags[unit] ?? 0), unit)
  const verb = (flags[unit] ?? 0) < 0 ? 'Took' : 'Gave back'
  output.result(made, () => [`${verb} ${size} ${unit}: ${scopeText(flags.scope)}, this ${flags.window} (${made.id}).`])
}

function matchJson(match: Match): JsonObject {
  return Object.fromEntries(Object.entries(match).map(([field, values]) => [field, [...values]]))
}

/** Dollars with at least cents, counts with separators. */
function quantity(value: number, unit: unknown): string {
  return unit === 'usd'
    ? value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 6 })
    : value.toLocaleString('en')
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function scope(text: string): Scope {
  if (text === 'total') return { total: true }
  const pairs = text.split(',').map((pair) => pair.split('='))
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(''))) {
    throw new InvalidArgumentError('It must be total, or name=value such as tenant=acme or tenant=acme,user=u1.')
  }
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]))
}

function condition(text: string, before: Match): Match {
  const [field = '', value = '', ...rest] = text.split('=')
  if (!field || !value || rest.length > 0) throw new InvalidArgumentError('It must be field=value, such as plan=free.')
  return { ...before, [field]: [...(before[field] ?? []), value] }
}

function windowName(text: string): string {
  if (!WINDOWS.includes(text)) throw new InvalidArgumentError(`It must be one of ${WINDOWS.join(', ')}.`)
  return text
}

function amount(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value === 0) {
    throw new InvalidArgumentError('It must be a number other than 0, such as 5 or -0.25.')
  }
  return value
}
