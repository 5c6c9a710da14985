import { describe, expect, it, vi } from 'vitest'
import type { Alert } from '../alerts/alert.ts'
import type { LadderStep } from '../money/ladder.ts'
import type { KillSwitchRow, NewKillSwitch } from '../storage/contracts/kill-switch-store.ts'
import type { BudgetState } from '../storage/contracts/ledger-store.ts'
import { budgetLadder, killScopesOf } from './budget-ladder.ts'

const DOLLAR = 1_000_000_000n
const ENDS_AT = Date.UTC(2026, 10, 22)
const WINDOW = {
  key: 'tenant=acme,team=t1/usd/day',
  windowId: 'day:2026-11-21',
  unit: 'usd' as const,
  limit: 5n * DOLLAR,
  endsAt: ENDS_AT,
}
const LADDER = { alertAt: [0.8], downgradeAt: 0.9, downgradeTo: null, killAt: 1 }

function stepOf(changes: Partial<LadderStep> = {}): LadderStep {
  const budget = { window: WINDOW, subject: 'Team t1', ladder: LADDER }
  return { budget, kind: 'alert', share: 0.8, used: 4n * DOLLAR, needed: 0n, ...changes }
}

/** A ladder over a ledger in which so much is spent. */
function setting(posted = 0n) {
  const raised: Alert[] = []
  const asked: NewKillSwitch[] = []
  const budgetNow = vi.fn(async (): Promise<BudgetState | null> => ({ ...WINDOW, posted, sliced: 0n }))
  const on = async (ask: NewKillSwitch): Promise<KillSwitchRow | null> => {
    asked.push(ask)
    return null
  }
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const take = budgetLadder({ raise: (alert) => void raised.push(alert), switches: { on }, budgetNow, log })
  return { take, raised, asked, budgetNow, log }
}

describe('an alert or a downgrade', () => {
  it('is told with its figures, once for the window, without asking the ledger', () => {
    const { take, raised, budgetNow } = setting()
    take(stepOf())
    take(stepOf({ kind: 'downgrade', share: 0.9, used: 4_500_000_000n }))
    expect(raised).toMatchObject([
      {
        key: 'budget/tenant=acme,team=t1/usd/day/day:2026-11-21/alert_at=0.8',
        kind: 'budget',
        scope: { tenant: 'acme', team: 't1' },
        message: 'Team t1: the budget of this day of $5.00 has reached 80%: $4.00 used.',
        details: { step: 'alert_at', share: 0.8, limit: '$5.00', used: '$4.00', resets_at: '2026-11-22T00:00:00.000Z' },
        quietMs: null,
      },
      {
        key: 'budget/tenant=acme,team=t1/usd/day/day:2026-11-21/downgrade_at=0.9',
        message: expect.stringContaining('has reached 90%: $4.50 used. Calls go to a cheaper model now.'),
      },
    ])
    expect(budgetNow).not.toHaveBeenCalled()
  })
})

describe('a kill', () => {
  it('turns a switch on for the budget’s own calls until the window ends, when the ledger agrees', async () => {
    const { take, raised, asked } = setting(5n * DOLLAR)
    take(stepOf({ kind: 'kill', share: 1, used: 5n * DOLLAR }))
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    expect(asked).toEqual([
      {
        scope: { tenant: 'acme', team: 't1' },
        reason: 'Team t1: the budget of this day is spent to 100%',
        actor: 'system',
        cause: 'tenant=acme,team=t1/usd/day day:2026-11-21',
        endsAt: ENDS_AT,
      },
    ])
    expect(raised.map(({ key }) => key)).toEqual(['budget/tenant=acme,team=t1/usd/day/day:2026-11-21/kill_at=1'])
  })

  it('does so for a budget in which no usual call fits any more', async () => {
    const { take, asked } = setting(4_900_000_000n)
    take(stepOf({ kind: 'kill', share: 1, used: 4_900_000_000n, needed: 200_000_000n }))
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    expect(asked[0]?.reason).toBe('Team t1: the budget of this day is used up')
  })

  it.each([
    ['less is spent', { kind: 'kill', share: 1 } as const, 4_999_999_999n],
    ['the call fits once others end', { kind: 'kill', share: 1, needed: DOLLAR } as const, 4n * DOLLAR],
  ])('does nothing when the ledger says that %s', async (_, step, posted) => {
    const { take, asked, raised, budgetNow } = setting(posted)
    take(stepOf(step))
    await vi.waitFor(() => expect(budgetNow).toHaveBeenCalled())
    await Promise.resolve()
    expect([asked, raised]).toEqual([[], []])
  })

  it('that cannot be carried out is logged', async () => {
    const { take, log, budgetNow } = setting()
    budgetNow.mockRejectedValue(new Error('away'))
    take(stepOf({ kind: 'kill' }))
    await vi.waitFor(() => expect(log.error).toHaveBeenCalled())
  })
})

it.each([
  ['total/usd/month', [{ total: true }]],
  ['tenant=acme/usd/day', [{ tenant: 'acme' }]],
  ['tenant=acme,user=a%2Cb/tokens/day', [{ tenant: 'acme', user: 'a,b' }]],
  ['tenant=acme,run=r1/requests/month', [{ tenant: 'acme', run: 'r1' }]],
  ['feature=chat[feature=chat|faq,plan=free]/usd/day', [{ feature: 'chat', plan: 'free' }]],
  [
    'total[plan=free|trial,run_id=r1]/usd/day',
    [
      { plan: 'free', run: 'r1' },
      { plan: 'trial', run: 'r1' },
    ],
  ],
  ['no budget', []],
])('the calls of %s are %j', (key, scopes) => {
  expect(killScopesOf(key)).toEqual(scopes)
})
