import type { Billionths, BudgetUnit } from '../canonical/amounts.ts'
import { usdNumber, usdText } from '../canonical/money.ts'
import type { ErrorCode } from '../errors/codes.ts'
import { type ErrorDetails, GatewayError } from '../errors/gateway-error.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import type { CallBudget } from './budget.ts'
import type { Calendar, WindowKind } from './window.ts'

/** What is left of the budget that refuses, and what the call needs, in the budget's unit. */
export interface Shortage {
  readonly budget: CallBudget
  readonly available: Billionths
  /** What calls of this instance that still run hold on the budget. */
  readonly held: Billionths
  readonly needed: Billionths
}

const ADJECTIVES: Readonly<Record<WindowKind, string>> = {
  minute: 'per-minute',
  hour: 'hourly',
  day: 'daily',
  month: 'monthly',
}

/** The refusal of a call by a budget. */
export class BudgetRefusal extends GatewayError {
  /** The budget's window that has too little. */
  readonly window: BudgetWindow
  /** What the call needs of it, in its unit. */
  readonly needed: Billionths
  /** What this instance could have of it. */
  readonly available: Billionths
  /** What calls of this instance that still run hold of it. */
  readonly held: Billionths
  /** Whether another model would be in another budget. */
  readonly ofModel: boolean

  constructor({ budget, available, held, needed }: Shortage, code: ErrorCode, message: string, details: ErrorDetails) {
    super(code, message, details)
    this.window = budget.window
    this.needed = needed
    this.available = available
    this.held = held
    this.ofModel = budget.ofModel
  }
}

/** The refusal of a call for which a budget has too little left, at an instant of the database's time. */
export function shortOf(
  { budget, available, held, needed }: Shortage,
  calendar: Calendar,
  nowMs: number,
): BudgetRefusal {
  const { window, subject, kind, zone } = budget
  const { unit } = window
  const resetsAt = calendar.format(window.endsAt, zone)
  const name = `${ADJECTIVES[kind]} ${unit === 'usd' ? 'budget' : 'quota'} of ${amountText(window.limit, unit)}`
  const used = window.limit - available
  const message =
    window.limit === 0n
      ? `${subject} has a ${name}, which allows no calls; raise the limit or remove it.`
      : `${subject} has ${state(name, used, held, unit)}, ${amountText(needed, unit)} needed; it resets at ${resetsAt}.`
  return new BudgetRefusal({ budget, available, held, needed }, codeOf(unit, kind), message, {
    retryAfterSeconds: Math.max(1, Math.ceil((window.endsAt - nowMs) / 1000)),
    details: {
      budget: window.key,
      window: window.windowId,
      unit,
      [`limit_${unit}`]: usdNumber(window.limit),
      [`used_${unit}`]: usdNumber(used),
      [`needed_${unit}`]: usdNumber(needed),
      resets_at: resetsAt,
    },
  })
}

/** A quota that is back within the hour is worth another try; one of a day, and money, is not. */
function codeOf(unit: BudgetUnit, kind: WindowKind): ErrorCode {
  if (unit === 'usd') return 'budget_exceeded'
  return kind === 'minute' || kind === 'hour' ? 'rate_limited' : 'quota_exceeded'
}

function state(name: string, used: Billionths, held: Billionths, unit: BudgetUnit): string {
  const word = unit === 'usd' ? 'spent' : 'used'
  if (held <= 0n) return `${word} its ${name}: ${amountText(used, unit)} ${word}`
  const gone = used > held ? used - held : 0n
  return `nothing left in its ${name}: ${amountText(gone, unit)} ${word}, ${amountText(held, unit)} held by running calls`
}

/** An amount in words. `$4.98`, `$0.000123`: at least cents, and no more decimals than there are; `1200 tokens`, `1 request`. */
export function amountText(amount: Billionths, unit: BudgetUnit): string {
  const [whole = '0', fraction = ''] = usdText(amount).split('.')
  const decimals = fraction.replace(/0+$/, '')
  if (unit === 'usd') return `$${whole}.${decimals.padEnd(2, '0')}`
  const figure = decimals === '' ? whole : `${whole}.${decimals}`
  return `${figure} ${figure === '1' ? unit.slice(0, -1) : unit}`
}
