import { type NanoUsd, usdNumber, usdText } from '../canonical/money.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { CallBudget } from './budget.ts'
import type { Calendar, WindowKind } from './window.ts'

/** What is left of the budget that refuses, and what the call needs. */
export interface Shortage {
  readonly budget: CallBudget
  readonly available: NanoUsd
  /** What calls of this instance that still run hold on the budget. */
  readonly held: NanoUsd
  readonly needed: NanoUsd
}

const ADJECTIVES: Readonly<Record<WindowKind, string>> = {
  minute: 'per-minute',
  hour: 'hourly',
  day: 'daily',
  month: 'monthly',
}

/** The refusal of a call for which a budget has too little left, at an instant of the database's time. */
export function budgetExceeded(
  { budget, available, held, needed }: Shortage,
  calendar: Calendar,
  nowMs: number,
): GatewayError {
  const { window, subject, kind, zone } = budget
  const resetsAt = calendar.format(window.endsAt, zone)
  const name = `${ADJECTIVES[kind]} budget of ${dollars(window.limit)}`
  const used = window.limit - available
  const message =
    window.limit === 0n
      ? `${subject} has a ${name}, which allows no calls; raise the limit or remove it.`
      : `${subject} has ${state(name, used, held)}, ${dollars(needed)} needed; it resets at ${resetsAt}.`
  return new GatewayError('budget_exceeded', message, {
    retryAfterSeconds: Math.max(1, Math.ceil((window.endsAt - nowMs) / 1000)),
    details: {
      budget: window.key,
      window: window.windowId,
      limit_usd: usdNumber(window.limit),
      used_usd: usdNumber(used),
      needed_usd: usdNumber(needed),
      resets_at: resetsAt,
    },
  })
}

function state(name: string, used: NanoUsd, held: NanoUsd): string {
  if (held <= 0n) return `spent its ${name}: ${dollars(used)} spent`
  const spent = used > held ? used - held : 0n
  return `nothing left in its ${name}: ${dollars(spent)} spent, ${dollars(held)} held by running calls`
}

/** At least cents, and no more decimals than there are: `$4.98`, `$0.000123`. */
function dollars(nano: NanoUsd): string {
  const [whole = '0', fraction = ''] = usdText(nano).split('.')
  return `$${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`
}
