import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Billionths, BudgetUnit } from '../../canonical/amounts.ts'
import { nanoUsdFrom, usdNumber } from '../../canonical/money.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { budgetSourceOf } from '../../gateway/rules.ts'
import { newId } from '../../lib/ids.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { namedBudgets } from '../../money/named-budget.ts'
import { createCalendar } from '../../money/window.ts'
import type { BudgetWindow, LedgerAdjustment } from '../../storage/contracts/ledger-store.ts'
import { bodyOf, pageOf, queryOf } from './ask.ts'
import { operatorOf } from './gatekeeper.ts'
import { sendRows } from './send-rows.ts'

const LONGEST_REASON = 1_000
/** What a column of money holds, with room to add many. */
const LARGEST = 1e9
const amount = z
  .number()
  .min(-LARGEST)
  .max(LARGEST)
  .refine((value) => value !== 0, 'must not be 0')
const count = amount.refine(Number.isInteger, 'must be a whole number')
const names = z.union([z.string(), z.array(z.string()).min(1)])

const newAdjustment = z.strictObject({
  scope: z.record(z.string(), z.union([z.string().min(1), z.literal(true)])),
  window: z.enum(['minute', 'hour', 'day', 'month']),
  usd: amount.optional(),
  tokens: count.optional(),
  requests: count.optional(),
  match: z.record(z.string(), names).optional(),
  reason: z.string().trim().min(1).max(LONGEST_REASON),
})
type NewAdjustment = z.output<typeof newAdjustment>

/**
 * `/admin/v1/budgets/adjustments`: people give back to a budget's open window, or take from it. What was booked stays; the correction is a row of its own.
 */
export function registerAdjustments(app: FastifyInstance, house: House): void {
  const { ledger, audit, reader } = house.storage
  const calendar = createCalendar()

  app.post('/admin/v1/budgets/adjustments', async (request, reply) => {
    const body = bodyOf(newAdjustment, request.body)
    const { unit, size } = sizeOf(body)
    const source = budgetSourceOf(() => house.config())
    const windows = namedBudgets(source, calendar, namingOf(body, unit), await ledger.now())
    const window = theOne(windows, body, unit)
    const id = idOf(request, house.clock.now())
    const before = (await ledger.budgets()).find((state) => isOf(state, window))?.posted ?? 0n
    const adjustment = { id, actor: operatorOf(request), reason: body.reason, window, amount: size }
    const made = await ledger.adjust(adjustment)
    if (made) {
      await audit.append({
        actor: adjustment.actor,
        action: 'budget.adjust',
        subject: window.key,
        before: { window: window.windowId, spent: usdNumber(before) },
        after: { window: window.windowId, spent: usdNumber(before - size), adjustment: id },
        reason: body.reason,
      })
    }
    return reply.code(made ? 201 : 200).send({
      id,
      scope: body.scope,
      window: body.window,
      window_id: window.windowId,
      budget: window.key,
      unit,
      amount: usdNumber(size),
      reason: body.reason,
      actor: adjustment.actor,
    })
  })

  app.get('/admin/v1/budgets/adjustments', async (request, reply) => {
    const { rows, nextCursor } = await reader.adjustments(pageOf(queryOf(request)))
    return sendRows(request, reply, rows.map(adjustmentView), nextCursor)
  })
}

function sizeOf(body: NewAdjustment): { readonly unit: BudgetUnit; readonly size: Billionths } {
  const given = (['usd', 'tokens', 'requests'] as const).filter((unit) => body[unit] !== undefined)
  const [unit] = given
  if (!unit || given.length > 1) {
    throw new GatewayError('invalid_request', 'Say how much, once: usd, tokens or requests.', { param: 'usd' })
  }
  const size = nanoUsdFrom(body[unit] ?? 0)
  if (size === 0n) throw new GatewayError('invalid_request', `${unit} is less than a billionth.`, { param: unit })
  return { unit, size }
}

function namingOf(body: NewAdjustment, unit: BudgetUnit) {
  const match = body.match
    ? Object.fromEntries(Object.entries(body.match).map(([field, values]) => [field, [values].flat()]))
    : null
  return { scope: body.scope, unit, window: body.window, match }
}

function theOne(windows: readonly BudgetWindow[], body: NewAdjustment, unit: BudgetUnit): BudgetWindow {
  const [window, ...others] = windows
  if (!window) {
    throw new GatewayError(
      'not_found',
      `There is no ${unit} budget with this scope and window${body.match ? ' and match' : ''}; GET /admin/v1/budgets lists them. Users, teams and runs are named with their tenant.`,
      { param: 'scope' },
    )
  }
  if (others.length > 0) {
    const keys = windows.map(({ key }) => key).join(', ')
    throw new GatewayError('invalid_request', `Several budgets go by this name (${keys}); say which by its match.`, {
      param: 'match',
    })
  }
  return window
}

/** A request that is sent again with its `idempotency-key` is the same adjustment. */
function idOf(request: FastifyRequest, nowMs: number): string {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || key === '') return newId('adj', nowMs)
  return `adj_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}

function isOf(state: { readonly key: string; readonly windowId: string }, window: BudgetWindow): boolean {
  return state.key === window.key && state.windowId === window.windowId
}

function adjustmentView(row: LedgerAdjustment): Record<string, string | number | null> {
  return {
    id: row.id,
    budget: row.budgetKey,
    window_id: row.windowId,
    unit: row.unit,
    amount: usdNumber(row.amount),
    usage_id: row.usageId,
    actor: row.actor,
    reason: row.reason,
    created_at: isoTime(row.createdAt),
  }
}
