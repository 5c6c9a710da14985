import type { Amounts, Billionths } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { BudgetState } from '../storage/contracts/ledger-store.ts'
import type { CallBudget } from './budget.ts'
import type { BudgetRefusal, Shortage } from './refusal.ts'
import type { BudgetLook, MoneyLook } from './reservation.ts'

/** What a look is made of. */
export interface LookOptions {
  readonly budgets: readonly CallBudget[]
  /** How each stands in the ledger: null when nothing is known of it there, `away` when the ledger does not say. */
  readonly states: readonly (BudgetState | null | 'away')[]
  /** What this instance was lent of a budget, and what of that its calls hold. */
  readonly lentOf: (budget: CallBudget) => { readonly lent: Billionths; readonly held: Billionths }
  readonly worstCase: Amounts
  readonly refuse: (shortage: Shortage) => BudgetRefusal
}

/**
 * What would become of a hold, and nothing is held. What other instances were lent counts as used: whether they need it is not known before they are
 * asked. Throws GatewayError `ledger_unavailable` when it depends on a ledger that does not answer.
 */
export function lookAtBudgets({ budgets, states, lentOf, worstCase, refuse }: LookOptions): MoneyLook {
  const looks = budgets.map((budget, index): BudgetLook => {
    const state = states[index] ?? null
    const { window, kind } = budget
    const { lent, held } = lentOf(budget)
    const needed = worstCase[window.unit]
    const free = lent - held
    if (state === 'away') return { window, kind, spent: null, held, elsewhere: 0n, available: atLeast0(free), needed }
    const spent = state?.posted ?? 0n
    const sliced = state?.sliced ?? 0n
    const left = atLeast0(window.limit - spent - sliced)
    return { window, kind, spent, held, elsewhere: atLeast0(sliced - lent), available: atLeast0(free + left), needed }
  })
  const closed = budgets.find(({ window }) => window.limit === 0n)
  if (closed) {
    const needed = worstCase[closed.window.unit]
    return { budgets: looks, refusal: refuse({ budget: closed, available: 0n, held: 0n, needed }) }
  }
  let short = -1
  for (const [index, look] of looks.entries()) {
    if (hasRoom(look)) continue
    // As for calls: of several that are short, the one that is so for longest is named.
    if (short < 0 || look.window.endsAt > (looks[short]?.window.endsAt ?? 0)) short = index
  }
  const [budget, look] = [budgets[short], looks[short]]
  if (!budget || !look) return { budgets: looks, refusal: null }
  if (look.spent === null) {
    throw new GatewayError('ledger_unavailable', 'The ledger cannot be reached, so it cannot lend for this call.', {
      retryAfterSeconds: 1,
    })
  }
  const { available, held, needed } = look
  return { budgets: looks, refusal: refuse({ budget, available, held, needed }) }
}

/** Whether a budget has what the call needs of it. */
export function hasRoom({ window, needed, available }: BudgetLook): boolean {
  return window.limit > 0n && (needed === 0n || available >= needed)
}

function atLeast0(amount: Billionths): Billionths {
  return amount > 0n ? amount : 0n
}
