import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { AdminClient } from '../admin-client.ts'
import type { GatewayFlags } from '../gateway-flags.ts'
import type { Moment } from '../moment.ts'
import type { Output } from '../output.ts'
import { brokenLimits, type LimitFlags } from '../simulate/limits.ts'
import { reportLines } from '../simulate/report.ts'
import { trialOnGateway, trialResult } from '../simulate/trial.ts'
import { UserError } from '../user-error.ts'
import { changeCount, changeLines } from './lines.ts'

/** What is wanted of a publication. */
export interface PublishFlags extends GatewayFlags, LimitFlags {
  readonly reason?: string
  readonly simulate?: Moment
  readonly suppose?: JsonObject
  readonly dryRun?: boolean
}

/** A policy that is about to be published, and what it would change. */
export interface Candidate {
  readonly policy: JsonValue
  readonly changes: readonly JsonObject[]
  /** Where the gateway's policy lives. */
  readonly source: JsonValue | undefined
  /** Publishes it. Gives its version. */
  publish(): Promise<JsonObject>
}

/** How many changed requests are listed. */
const SHOWN = 10

/** What belongs to a trial needs one. Throws UserError. */
export function refuseIdleFlags({ simulate, suppose, maxCostIncrease, failOn }: PublishFlags): void {
  if (simulate === undefined && [suppose, maxCostIncrease, failOn].some((flag) => flag !== undefined)) {
    throw new UserError('--suppose, --max-cost-increase and --fail-on need --simulate 7d, which finds out', 2)
  }
}

/**
 * Shows what would change, tries it when that is wanted, and publishes it when the limits are kept. Gives the exit code.
 * Rejects with UserError where the policy lives in a file.
 */
export async function putIntoForce(
  client: Pick<AdminClient, 'postLines'>,
  output: Output,
  candidate: Candidate,
  flags: PublishFlags,
): Promise<0 | 1> {
  const { changes, policy, source } = candidate
  const told = { changes: [...changes], simulation: null as JsonObject | null, failed: [] as readonly string[] }
  if (source === 'file' && !flags.dryRun) {
    throw new UserError(
      'the policy of this gateway lives in its configuration file: change it there, or set policy.source to "ledger" and start the gateway again. --dry-run shows what would change',
    )
  }
  say(output, changes.length === 0 ? [] : [...changeLines(changes, output), ''])
  if (changes.length > 0 && flags.simulate !== undefined) {
    const simulation = await trialResult(output, trialOnGateway(client, policy, { ...flags, since: flags.simulate }))
    told.simulation = simulation
    told.failed = brokenLimits(simulation, flags)
    say(output, [...reportLines(output, simulation, SHOWN), ''])
  }
  for (const line of told.failed) output.remark(`headgate: ${line}`)
  const goes = changes.length > 0 && !flags.dryRun && told.failed.length === 0
  const published = goes ? await candidate.publish() : null
  output.result({ ...told, published }, () => [verdict(published, changes, told.failed.length > 0)])
  return told.failed.length > 0 ? 1 : 0
}

function verdict(published: JsonObject | null, changes: readonly JsonObject[], failed: boolean): string {
  if (published) return `Published version ${published.number}: ${changeCount(changes)}.`
  if (changes.length === 0) return 'Nothing to publish: it is the policy in force.'
  return failed ? 'Not published: a limit is not kept.' : `Not published (--dry-run): ${changeCount(changes)}.`
}

/** What is said before the result, to people alone. */
function say(output: Output, lines: readonly string[]): void {
  if (!output.json && lines.length > 0) output.raw(`${lines.join('\n')}\n`)
}
