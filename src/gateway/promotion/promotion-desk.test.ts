import { afterEach, expect, it, vi } from 'vitest'
import { loadConfigText } from '../../config/load.ts'
import { compilePolicy } from '../../policy/policy.ts'
import { input } from '../../policy/routing-world.contract.ts'
import type { PolicyVersion } from '../../storage/contracts/policy-store.ts'
import { SILENT_LOG } from '../log.ts'
import { PromotionDesk, type PromotionDeskOptions } from './promotion-desk.ts'

const LOOK_MS = 1_000
const SECTIONS = {
  tasks: {
    answer: { default: 'large', canary: { use: 'tiny', weight: 0.1 }, quality_bar: { at_least: 0.9 }, promote: {} },
  },
}

function configOf(promote: string) {
  const text = `providers: { simulated: {} }
models: { large: [simulated/a], tiny: [simulated/b] }
tasks: { answer: { default: large, canary: { use: tiny, weight: 0.1 }, quality_bar: { at_least: 0.9 }, promote: ${promote} } }`
  const result = loadConfigText(text, 'x', { env: {}, knownProviders: [{ type: 'simulated', simulated: true }] })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config
}

let desk: PromotionDesk | undefined
afterEach(async () => {
  await desk?.close()
  vi.useRealTimers()
})

/** A desk whose looks take as long as is said, by its own clock. */
function start(promote: string, quality: () => number) {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const version: PolicyVersion = {
    ...{ number: 1, createdAt: 0, actor: 'file', reason: null, hash: '', source: 'file', changes: [] },
    sections: SECTIONS,
  }
  const claimed: number[] = []
  const warned: string[] = []
  let now = 0
  const options: PromotionDeskOptions = {
    store: { get: async () => null },
    reader: {
      quality: async () => {
        now += quality()
        return []
      },
    },
    turns: {
      claim: async (_, everyMs) => {
        claimed.push(everyMs)
        return true
      },
    },
    policies: { inForce: version, revise: async () => null },
    config: () => configOf(promote),
    policy: () => compilePolicy(input()),
    switches: { poll: async () => undefined, board: () => ({ switches: [] }) as never },
    raise: () => undefined,
    moved: () => undefined,
    clock: { now: () => now, monotonic: () => now },
    log: { ...SILENT_LOG, warn: (_, message) => warned.push(message) },
    lookMs: LOOK_MS,
  }
  desk = new PromotionDesk(options)
  desk.open()
  /** The timer fires, and all that follows from it is done. */
  const tick = async () => {
    vi.advanceTimersByTime(LOOK_MS)
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
  }
  return { claimed, warned, tick }
}

it('asks for a turn at each tick, and for a longer one after a look that kept the ledger busy', async () => {
  let took = 0
  const { claimed, tick } = start('{}', () => took)
  await tick()
  took = 400
  await tick()
  took = 0
  await tick()
  await tick()
  // Two questions of the ledger in each look: of the default, and of what is tried.
  expect(claimed).toEqual([900, 900, 16_000, 900])
})

it('asks for nothing where no task promotes', async () => {
  const { claimed, tick } = start('null', () => 0)
  await tick()
  expect(claimed).toEqual([])
})

it('looks again after a look that failed', async () => {
  let looks = 0
  const { warned, tick } = start('{}', () => {
    looks += 1
    if (looks === 1) throw new Error('away')
    return 0
  })
  await tick()
  await tick()
  expect([looks, warned]).toEqual([3, ['could not look for models to promote']])
})
