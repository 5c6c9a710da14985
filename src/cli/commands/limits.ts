import type { Command } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import { createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import type { Cell, Output } from '../output.ts'
import { scopeText } from '../scope-text.ts'
import { usedBar } from '../share-bar.ts'

/** `headgate limits list`: how rates and running calls stand. */
export function registerLimits(program: Command, cli: Cli): void {
  const limits = program.command('limits').description('how the limits of a running gateway stand')
  withGatewayFlags(
    limits
      .command('list')
      .description('every limit on rates and running calls now: used, left, and when all of it is back'),
  ).action((flags: GatewayFlags) => cli.run(flags, (output) => list(cli, output, flags)))
}

async function list(cli: Cli, output: Output, flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const data = await client.list('/admin/v1/limits')
  output.result({ data: [...data] }, () => {
    if (data.length === 0) {
      return ['No limits in use. Plans, tenants and `limits` of the config make them; values show once a call came.']
    }
    const head = ['scope', 'unit', 'window', 'limit', 'used', 'left', 'share', 'all back at', 'at the limit', 'from']
    return output.table(head, data.map(lineOf))
  })
}

function lineOf(row: JsonObject): readonly Cell[] {
  const { scope, match, unit, window, limit, used, left, resets_at: resetsAt, on_limit: onLimit, from } = row
  return [
    scopeText(scope, match),
    String(unit),
    text(window),
    ...[limit, used, left].map((value) => ({ right: number(value).toLocaleString('en') })),
    usedBar(number(used), number(limit)),
    text(resetsAt),
    text(onLimit),
    text(from),
  ]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
