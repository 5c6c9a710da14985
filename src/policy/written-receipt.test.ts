import { expect, test } from 'vitest'
import type { Decision } from './decision.ts'
import { passOver } from './pass-over.ts'
import { receipt } from './receipt.ts'
import { run, task } from './routing-world.contract.ts'
import { writtenReceipt } from './written-receipt.ts'

const RULES = [
  { conditions: new Map([['risk', { anyOf: ['admin'] }]] as const), change: { default: 'small' } },
  { conditions: new Map(), change: { default: 'large' } },
]

/** Decisions of which each differs from the one before in what may be said of the same deployments. */
function decisions(): readonly Decision[] {
  const tasks = [task('t', { default: 'large' }), task('ruled', { default: 'small', rules: RULES })]
  const usual = run({ model: 't' }, { tasks })
  const [first] = usual.candidates
  return [
    usual,
    usual,
    run({ model: 't', maxOutputTokens: 77 }, { tasks }),
    run({ model: 't', prompt: { textBytes: 9_000, images: 0 } }, { tasks }),
    run({ model: 'ruled' }, { tasks }),
    run({ model: 'large' }, { tasks }),
    run({ model: first.deployment.id }, { tasks }),
    run({ model: 't', temperature: 3, context: { maxCostUsd: 0.05 } }, { tasks }),
    passOver(usual, first.deployment, 'over_budget' as never, 'said "so"\n'),
    { ...usual, downgraded: { from: 'a"b', to: 'c', reason: 'a limit' } },
    { ...usual, deadlineMs: 5, rule: { task: 't', index: 3, text: 'another' } },
    { ...usual, requestedModel: '"}\u0000\ud800', task: null },
    { ...usual, adjustments: [{ parameter: 'temperature', asked: 3, used: 1, by: 'task' }] },
    { ...usual, considered: usual.considered.map((one) => ({ ...one, p95Ms: Number.NaN })) },
    {
      ...usual,
      considered: usual.considered.map((one) => ({ ...one, role: 'canary', logicalName: 'x', p95Ms: 12.5 })),
    },
    usual,
  ]
}

test('says what the receipt says, whatever was said of the same deployments before', () => {
  for (const decision of decisions()) {
    expect(JSON.parse(writtenReceipt(decision).text)).toEqual(JSON.parse(JSON.stringify(receipt(decision))))
  }
})
