import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { loadConfigObject } from '../../src/config/load.ts'
import { type Gateway, gatewayOf } from '../../src/gateway/create-gateway.ts'
import { type House, openHouse } from '../../src/gateway/house.ts'
import type { ExplainRequest } from '../../src/gateway/library/explain-request.ts'
import { SILENT_LOG } from '../../src/gateway/log.ts'
import { providerDefinitions } from '../../src/providers/registry.ts'
import { configOf, deploymentId, type RandomCall, randomCall, randomPolicy } from './random-policy.ts'
import { verdictOn } from './spelled-anew.ts'

/*
 * Whatever the policy and the call: who is asked first is the first choice or as good as it, or the call allows a downgrade and is told of one. Calls are explained
 * and not made, so there are many of them; `never-leaves.test.ts` makes fewer, and holds those that are served against the same words.
 */

const POLICIES = 150
const CALLS_EACH = 100

let house: House | null = null
let gateway: Gateway
let run = 0
afterAll(() => house?.close())

const UNUSED = 'http://127.0.0.1:9'

async function take(policy: Parameters<typeof configOf>[0]): Promise<void> {
  const knownProviders = [...providerDefinitions.values()]
  const result = loadConfigObject(configOf(policy, run, UNUSED), { env: {}, knownProviders })
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  if (house) house.reload(result.config)
  else {
    house = await openHouse({ config: result.config, log: SILENT_LOG })
    gateway = gatewayOf(house)
  }
}

function asked(call: RandomCall): ExplainRequest {
  const { tenant, target, risk, sensitivity, region, maxCost, maxTokens, tool, words } = call
  return {
    tenantId: `t${tenant}`,
    feature: 'f',
    risk,
    model: typeof target === 'number' ? deploymentId(run, target) : target,
    messages: [{ role: 'user', content: 'word '.repeat(words) }],
    ...(sensitivity === null ? {} : { dataSensitivity: sensitivity }),
    ...(region === null ? {} : { region }),
    ...(maxCost === null ? {} : { maxCostUsd: maxCost }),
    ...(maxTokens === null ? {} : { maxOutputTokens: maxTokens }),
    ...(tool === null ? {} : { tools: [{ name: tool, parameters: { type: 'object', properties: {} } }] }),
  }
}

it('a lesser model than the first choice serves nobody in silence, and nobody who allows none', async () => {
  const tally = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const [policy] = fc.sample(randomPolicy, { seed, numRuns: 1 })
      if (!policy) throw new Error('no policy')
      run += 1
      await take(policy)
      for (const call of fc.sample(randomCall, { seed, numRuns: CALLS_EACH })) {
        const told = await gateway.explain(asked(call))
        if (!told.chosen || told.downgraded) continue
        const served = Number(told.chosen.deployment.match(/n(\d+)\//)?.[1])
        const fallback = told.fallback?.reason ?? null
        const isDowngrade = told.fallback?.downgrade ?? false
        const verdict = verdictOn({ policy, call, ruleIndex: told.rule.index, served, fallback, isDowngrade })
        if (verdict !== null && typeof verdict === 'object') expect({ verdict, call, told }).toBeNull()
        // Nobody was chosen yet who could be better than that.
        if (verdict === 'another as good') expect({ isDowngrade, call, told }).toMatchObject({ isDowngrade: false })
        if (typeof verdict === 'string') tally.set(verdict, (tally.get(verdict) ?? 0) + 1)
      }
    }),
    { numRuns: POLICIES, endOnFailure: true },
  )
  // All of it has to have been put to the test.
  expect(tally.get('another as good')).toBeGreaterThan(20)
  expect(tally.get('a lesser one, and told so')).toBeGreaterThan(5)
})
