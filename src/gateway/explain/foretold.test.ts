import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ConfigInput } from '../../config/schema.ts'
import { testConfig } from '../../server/test-service.contract.ts'
import type { KillScope } from '../../storage/contracts/kill-switch-store.ts'
import { startWall, type Wall } from '../../testing/index.ts'
import { type Gateway, gatewayOf } from '../create-gateway.ts'
import { type House, openHouse } from '../house.ts'
import type { ChatRequest } from '../library/chat-request.ts'
import { SILENT_LOG } from '../log.ts'

/*
 * What an explanation foretells is what happens: in worlds made by chance, each call is explained and then made. Calls use up what limits and budgets have, so
 * later ones meet what earlier ones left.
 */

const WORLDS = 80
const CALLS = 20

let wall: Wall
let house: House
let gateway: Gateway
beforeAll(async () => {
  wall = await startWall({ defaultPlan: { tokens: 10 }, keepCalls: 100 })
  house = await openHouse({ config: testConfig(wall), log: SILENT_LOG })
  gateway = gatewayOf(house)
})
afterAll(async () => {
  await gateway.close()
  await wall.close()
})

const price = (output_per_mtok: number) => ({ input_per_mtok: 1, output_per_mtok })
const MODELS = ['dear', 'cheap', 'spread', 'own', 'dear', 'cheap', 'spread', 'unpriced']

const providers = (): ConfigInput['providers'] => {
  const wallAt = { type: 'openai', api_key: 'sk-wall', base_url: wall.openaiUrl } as const
  return {
    wall: {
      ...wallAt,
      models: {
        m: { price: price(1_000), context: 4_000, max_output: 60, quality: 4 },
        cheap: { price: price(10), context: 1_000, max_output: 60, quality: 2, lacks: ['tools'] },
        mystery: { context: 4_000, max_output: 60 },
      },
    },
    other: { ...wallAt, models: { n: { price: price(300), context: 4_000, max_output: 60, quality: 3 } } },
    own: {
      type: 'openai-compatible',
      api_key: 'sk-wall',
      base_url: wall.openaiUrl,
      region: 'eu',
      private: true,
      models: { p: { price: price(100), context: 2_000, max_output: 60, quality: 3 } },
    },
  }
}

const model = fc.constantFrom(...MODELS)
const maybe = <Value>(one: fc.Arbitrary<Value>) => fc.option(one, { nil: undefined })
const rarely = <Value>(one: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one })
const given = <Record extends object>(record: fc.Arbitrary<Record>) =>
  record.map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)))

const rule = fc.record({
  if: fc.oneof(
    fc.constant({ plan: 'free' }),
    fc.constant({ risk: 'write' as const }),
    fc.constant({ data_sensitivity: ['confidential' as const, 'restricted' as const] }),
    fc.constant({ input_tokens: { gt: 300 } }),
    fc.constant({ budget_used: { gte: 0.5 } }),
  ),
  use: model,
})
const task = given(
  fc.record({
    default: model,
    fallback: maybe(fc.uniqueArray(model, { minLength: 1, maxLength: 3 })),
    when: maybe(fc.array(rule, { maxLength: 2 })),
    max_cost_usd: rarely(fc.constantFrom(0.0001, 0.03, 0.08)),
    on_limit: maybe(
      fc.constantFrom({ action: 'downgrade' as const }, { action: 'downgrade' as const, downgrade_to: 'cheap' }),
    ),
    fallback_policy: maybe(fc.constant({ allow_downgrade: false })),
  }),
)
const plan = given(
  fc.record({
    rpm_limit: maybe(fc.integer({ min: 1, max: 12 })),
    daily_usd_limit: maybe(fc.constantFrom(0, 0.07, 0.15, 0.15)),
    daily_token_limit: rarely(fc.constantFrom(100, 2_000)),
    allowed_models: rarely(fc.uniqueArray(model, { minLength: 1 })),
    max_output_tokens: maybe(fc.constantFrom(5, 30)),
  }),
)
const world = fc.record({
  tasks: fc.record({ one: task, two: task }),
  free: plan,
  paid: plan,
  isResident: fc.constantFrom(false, false, false, true),
  modelBudget: maybe(fc.constantFrom(0.0001, 0.05)),
  userLimit: maybe(fc.integer({ min: 1, max: 5 })),
  switchedOff: rarely(fc.constantFrom({ model: 'm' }, { feature: 'search' })),
})
const call = given(
  fc.record({
    tenant: fc.constantFrom('free', 'paid'),
    model: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('one', 'two') },
      fc.constantFrom(...MODELS, 'wall/m', 'nothing'),
    ),
    task: maybe(fc.constantFrom('two')),
    feature: fc.constantFrom('chat', 'search'),
    userId: maybe(fc.constantFrom('u1', 'u2')),
    risk: maybe(fc.constantFrom('write')),
    dataSensitivity: rarely(fc.constantFrom('internal', 'restricted')),
    maxCostUsd: rarely(fc.constantFrom(0.0002, 0.03)),
    maxOutputTokens: maybe(fc.constantFrom(8, 40)),
    words: fc.constantFrom(2, 2, 2, 300, 3_000),
    tools: maybe(fc.constant([{ name: 'search', parameters: { type: 'object' } }])),
  }),
)

/** The whole outcome of a call, in a word: who served it, or the code it was refused with. */
async function outcomeOf(made: Promise<{ model: string }>): Promise<string> {
  return made.then(
    ({ model: served }) => served,
    (error: { code?: string }) => error.code ?? String(error),
  )
}

it('what is explained is what a call made right after does, through limits and budgets that run out', async () => {
  let number = 0
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(world, fc.array(call, { minLength: CALLS, maxLength: CALLS }), async (made, calls) => {
      number += 1
      const tenants = { free: `free-${number}`, paid: `paid-${number}` }
      const { tasks, free, paid, isResident, modelBudget, userLimit, switchedOff } = made
      const ofTenants = { tenant: Object.values(tenants) }
      house.reload(
        testConfig(wall, {
          providers: providers(),
          models: {
            dear: ['wall/m'],
            cheap: ['wall/cheap'],
            own: ['own/p'],
            unpriced: ['wall/mystery'],
            spread: {
              deployments: [
                { use: 'wall/m', weight: 1 },
                { use: 'other/n', weight: 1 },
              ],
              strategy: 'weighted',
            },
          },
          tasks: tasks as unknown as NonNullable<ConfigInput['tasks']>,
          plans: { free, paid },
          tenants: {
            [tenants.free]: { plan: 'free' },
            [tenants.paid]: { plan: 'paid', ...(isResident ? { region: 'eu' } : {}) },
          },
          ...(modelBudget === undefined
            ? {}
            : { budgets: [{ per: 'model', usd: modelBudget, window: 'day', match: { ...ofTenants, model: 'm' } }] }),
          ...(userLimit === undefined ? {} : { limits: [{ per: 'user', requests: userLimit, window: '1h' }] }),
        }),
      )
      const turned = switchedOff
        ? await house.switches.on({
            scope: switchedOff as KillScope,
            reason: 'chance',
            actor: 'test',
            cause: null,
            endsAt: null,
          })
        : null
      for (const [index, { tenant, words, ...said }] of calls.entries()) {
        const traceId = (number * CALLS + index).toString(16).padStart(32, 'a')
        const request = {
          ...said,
          tenantId: tenants[tenant as 'free' | 'paid'],
          messages: [{ role: 'user', content: 'word '.repeat(Number(words)) }],
          traceparent: `00-${traceId}-00000000000000ff-01`,
        } as unknown as ChatRequest
        const told = await gateway.explain(request)
        const foretold = told.chosen?.deployment ?? told.refusal?.code ?? 'nothing'
        expect(await outcomeOf(gateway.chat(request)), JSON.stringify({ told, request })).toBe(foretold)
        if (told.chosen) {
          // Not the newest: another call may have come in the same millisecond.
          const row = (await house.storage.reader.requests({ limit: 10 })).rows.find((one) => one.traceId === traceId)
          const { fallback } = told
          const before = row?.fallbackReason === 'limit' ? null : (row?.fallbackReason ?? null)
          expect([before, row?.flags.includes('downgraded')], JSON.stringify({ told, request })).toEqual([
            fallback?.reason ?? null,
            fallback?.downgrade ?? told.downgraded !== null,
          ])
          if (fallback && fallback.from !== fallback.to) expect(row?.route).toBe(`${fallback.from} -> ${fallback.to}`)
          if (fallback) seen.set('a fallback', (seen.get('a fallback') ?? 0) + 1)
        }
        seen.set(foretold, (seen.get(foretold) ?? 0) + 1)
      }
      if (turned) await house.switches.off(turned.id, { actor: 'test', reason: null })
    }),
    { numRuns: WORLDS },
  )
  // The worlds are not all alike: calls were served by several deployments and refused for many reasons.
  expect([...seen.keys()].filter((outcome) => outcome.includes('/')).length).toBeGreaterThan(1)
  expect(seen.size).toBeGreaterThan(8)
  expect(seen.get('a fallback')).toBeGreaterThan(20)
}, 60_000)
