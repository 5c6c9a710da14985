import { ONE_UNIT } from '../canonical/amounts.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../lib/json.ts'
import type { ProcessIdentity } from '../lib/process-identity.ts'
import { spanGroups } from '../storage/columns/span-groups.ts'
import type { BudgetWindow, Settlement, UsageRow } from '../storage/contracts/ledger-store.ts'
import type { SpanGroup, SpanRow } from '../storage/contracts/span-row.ts'
import { postingsOf, spentBy } from '../storage/protocol/spent.ts'

/*
 * The lines of a dispatch file: first the owner, then for each attempt the row it becomes if nobody lives to settle it, with the budgets that pay. An
 * attempt that turned out to need no row is taken back with a line of its own. Attempts of one exchange are booked each for itself, so the first one
 * says that it counts as the request.
 *
 * While the ledger is away a settlement may be kept here until it is back. Its line stands for all attempts of its exchange.
 */

/** The first line: whose file this is. */
export interface DispatchOwner extends ProcessIdentity {
  readonly instanceId: string
  /** Where the pid means something: host and pid namespace. */
  readonly machine: string
}

/** A settlement that was written down because the ledger was away, and the attempts that were noted for it. */
export interface KeptSettlement {
  readonly settlement: Settlement
  readonly attempts: readonly string[]
}

/** A dispatched attempt, the id of one that was taken back, or what became of a whole exchange. */
export type DispatchLine = { readonly attempt: Settlement } | { readonly takenBack: string } | KeptSettlement

/** The first line of a file, with its line feed. */
export function ownerLine(owner: DispatchOwner): string {
  return `${JSON.stringify({ headgate: 1, ...owner })}\n`
}

/** Reads the first line; null when it is not one. */
export function readOwnerLine(line: string): DispatchOwner | null {
  const value = parseJson(line)
  if (!isObject(value) || value.headgate !== 1) return null
  const { instanceId, machine, pid, startedAt } = value
  if (typeof instanceId !== 'string' || typeof machine !== 'string' || typeof pid !== 'number') return null
  return { instanceId, machine, pid, startedAt: typeof startedAt === 'string' ? startedAt : null }
}

/** The line of an attempt whose bytes are about to leave, with its line feed. Its row is a list of values; see FIELDS. */
export function attemptLine(row: UsageRow, windows: readonly BudgetWindow[], first = true): string {
  let texts = ''
  for (const window of windows) texts += `${texts === '' ? '' : ','}${windowText(window)}`
  return `{"values":${JSON.stringify(valuesOf(row))},"windows":[${texts}]${first ? ',"first":true' : ''}}\n`
}

/** The fields of a row in the order of its values. Another one goes to the end: there are lines without it. */
const FIELDS = [
  'id',
  'traceId',
  'attempt',
  'tenantId',
  'userId',
  'teamId',
  'keyId',
  'feature',
  'task',
  'route',
  'model',
  'provider',
  'deployment',
  'region',
  'promptVersion',
  'risk',
  'plan',
  'inputTokens',
  'outputTokens',
  'cachedTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'estimatedCost',
  'cost',
  'toolFees',
  'charge',
  'priceVersion',
  'serviceTierAsked',
  'serviceTier',
  'usageEstimated',
  'latencyMs',
  'ttftMs',
  'status',
  'errorCode',
  'finishReason',
  'cache',
  'createdAt',
] as const satisfies readonly (keyof UsageRow)[]

function valuesOf(row: UsageRow): readonly unknown[] {
  return [
    row.id,
    row.traceId,
    row.attempt,
    row.tenantId,
    row.userId,
    row.teamId,
    row.keyId,
    row.feature,
    row.task,
    row.route,
    row.model,
    row.provider,
    row.deployment,
    row.region,
    row.promptVersion,
    row.risk,
    row.plan,
    row.inputTokens,
    row.outputTokens,
    row.cachedTokens,
    row.cacheWriteTokens,
    row.reasoningTokens,
    exact(row.estimatedCost),
    exact(row.cost),
    exact(row.toolFees),
    row.charge === null ? null : exact(row.charge),
    row.priceVersion,
    row.serviceTierAsked,
    row.serviceTier,
    row.usageEstimated,
    row.latencyMs,
    row.ttftMs,
    row.status,
    row.errorCode,
    row.finishReason,
    row.cache,
    row.createdAt,
  ]
}

/** Calls of the same day share the object that describes their window. */
const windowTexts = new WeakMap<BudgetWindow, string>()

function windowText(window: BudgetWindow): string {
  let text = windowTexts.get(window)
  if (text === undefined) {
    text = JSON.stringify({ ...window, limit: window.limit.toString() })
    windowTexts.set(window, text)
  }
  return text
}

/** The line that takes an attempt back, with its line feed. */
export function takenBackLine(attemptId: string): string {
  return `${JSON.stringify({ takenBack: attemptId })}\n`
}

/** The line of a settlement that waits for the ledger, with its line feed. */
export function keptLine({ settlement, attempts }: KeptSettlement): string {
  return `${JSON.stringify({ settlement, attempts }, (_, value) => (typeof value === 'bigint' ? { [BIGINT]: String(value) } : value))}\n`
}

/** Amounts are whole numbers of any length, which JSON does not have. */
const BIGINT = '$bigint'

function readBigint(_: string, value: unknown): unknown {
  if (!isObject(value) || typeof value[BIGINT] !== 'string' || !/^-?\d+$/.test(value[BIGINT])) return value
  return BigInt(value[BIGINT])
}

/** The line was written by this program and is whole. Earlier versions kept spans as rows. */
function readKept(line: string): KeptSettlement {
  const { settlement, attempts } = JSON.parse(line, readBigint) as KeptSettlement
  const spans = settlement.spans as readonly (SpanGroup | SpanRow)[]
  const groups = spans.flatMap((one) => ('traceId' in one ? spanGroups([one]) : [one]))
  return { settlement: { ...settlement, spans: groups }, attempts }
}

/** Reads a line after the first; null when it is torn. */
export function readLine(line: string): DispatchLine | null {
  const value = parseJson(line)
  if (!isObject(value)) return null
  if (isObject(value.settlement)) return readKept(line)
  if (typeof value.takenBack === 'string') return { takenBack: value.takenBack }
  const { windows } = value
  const row = Array.isArray(value.values) ? rowOf(value.values) : value.row
  if (!isObject(row) || !Array.isArray(windows) || typeof row.id !== 'string') return null
  const cost = amount(row.cost)
  const estimatedCost = amount(row.estimatedCost)
  const read = windows.flatMap((window) => {
    const limit = isObject(window) ? amount(window.limit) : null
    // The line was written by this program and is whole: its fields are what they were. Before there were units, all was USD.
    return limit === null ? [] : [{ unit: 'usd', ...(window as JsonObject), limit } as unknown as BudgetWindow]
  })
  if (cost === null || estimatedCost === null || read.length < windows.length) return null
  const prices = { cost, estimatedCost, toolFees: amount(row.toolFees) ?? 0n, charge: amount(row.charge) }
  const usage = { serviceTierAsked: null, serviceTier: null, ...row, ...prices } as unknown as UsageRow
  const spent = { ...spentBy([usage]), requests: value.first === true ? ONE_UNIT : 0n }
  return { attempt: { usage: [usage], request: null, spans: [], postings: postingsOf(read, spent) } }
}

function rowOf(values: readonly JsonValue[]): JsonObject {
  const row: JsonObject = {}
  for (const [place, field] of FIELDS.entries()) row[field] = values[place] ?? null
  return row
}

function exact(amount: bigint): number | string {
  const value = Number(amount)
  return Number.isSafeInteger(value) ? value : String(amount)
}

/** Whole numbers, or their digits where a number would not be exact; earlier versions wrote digits only. */
function amount(value: unknown): bigint | null {
  if (Number.isSafeInteger(value)) return BigInt(value as number)
  return typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : null
}
