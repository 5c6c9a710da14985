import { afterEach, expect, it } from 'vitest'
import { qualityRows } from '../src/reports/quality/quality-report.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Models of different quality at one task, by the calls that they served: the report names the cheapest that is good enough. What is bad is what the wall
 * says: every so many answers of a model are not the JSON that the task asks for.
 */

let running: Running
afterEach(() => running.stop())

const JSON_ANSWER = '{"intent":"refund"}'

/** Each model is wrong in every so manyth answer; never for null. */
async function start(wrongEvery: Readonly<Record<string, number | null>>): Promise<void> {
  running = await startRunning((wall) => {
    const priced = (usd: number) => ({ ...MODEL, price: { input_per_mtok: usd, output_per_mtok: usd * 10 } })
    const models = { usual: priced(1), fresh: priced(0.2), poor: priced(0.02) }
    const task = {
      default: 'oa/usual',
      response_format: 'json',
      quality_bar: { at_least: 0.9, confidence: 0.95 },
    } as const
    return {
      providers: { oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models } },
      models: {},
      tasks: {
        intent: { ...task, canary: { use: 'oa/fresh', weight: 0.5 }, fallback: [] },
        copied: { ...task, shadow: { use: 'oa/fresh', share: 1, judge: 'validator', daily_usd_limit: 2 } },
        topic: { ...task, canary: { use: 'oa/poor', weight: 0.5 }, on_invalid_output: { retries: 0 } },
      },
    }
  })
  const asked = new Map<string, number>()
  running.wall.plan((call) => {
    const model = call.model ?? ''
    const calls = (asked.get(model) ?? 0) + 1
    asked.set(model, calls)
    const every = wrongEvery[model] ?? null
    return { text: every !== null && calls % every === 0 ? 'Well, {' : JSON_ANSWER }
  })
}

async function calls(task: string, users: number): Promise<string[]> {
  const traces: string[] = []
  for (let from = 0; from < users; from += 20) {
    const batch = Array.from({ length: Math.min(20, users - from) }, (_, at) =>
      running.gateway
        .chat({
          tenantId: 'acme',
          userId: `u${from + at}`,
          feature: 'inbox',
          task,
          messages: [{ role: 'user', content: 'Where is my money?' }],
        })
        .then(({ traceId }) => traces.push(traceId))
        .catch(() => undefined),
    )
    await Promise.all(batch)
  }
  return traces
}

async function report(task: string) {
  const { reader } = running.service.house.storage
  const config = running.service.house.config().tasks.get(task)
  const evidence = await reader.quality({ task, from: 0, to: Date.now() + 1000 })
  return qualityRows({ name: task, bar: config?.qualityBar ?? null }, evidence)
}

it('names the canary that is nearly as good and cheaper, and never the bad one', async () => {
  await start({ usual: 50, fresh: 33, poor: 3 })
  await calls('intent', 500)
  await calls('topic', 200)
  const good = await report('intent')
  expect(good.map(({ model, verdict, is_cheapest: best }) => [model, verdict, best])).toEqual([
    ['oa/fresh', 'meets', true],
    ['oa/usual', 'meets', false],
  ])
  expect(good[0]?.advice).toContain('is oa/fresh, with 95 % confidence')
  const bad = await report('topic')
  expect(bad.find(({ model }) => model === 'oa/poor')).toMatchObject({ verdict: 'fails', is_cheapest: false })
})

it('says that it does not know yet after a few calls, and how many more it would take', async () => {
  await start({})
  await calls('intent', 20)
  const [row] = await report('intent')
  expect(row).toMatchObject({ verdict: 'undecided', is_cheapest: false })
  expect(row?.advice).toMatch(/^Not enough evidence .* about \d+ more answers of oa\/(fresh|usual)\.$/)
})

it('counts answers that a model refused, whichever way it says so, and not as good ones', async () => {
  await start({})
  let asked = 0
  running.wall.plan(() => {
    asked += 1
    if (asked % 4 === 0) return { refusal: 'I will not.' }
    return asked % 4 === 1 ? { text: 'I', finishReason: 'content_filter' } : { text: JSON_ANSWER }
  })
  await calls('topic', 80)
  const { reader } = running.service.house.storage
  const found = await reader.quality({ task: 'topic', from: 0, to: Date.now() + 1000 })
  const sum = (count: 'answers' | 'valid' | 'refused' | 'invalid') => found.reduce((all, one) => all + one[count], 0)
  expect([sum('answers'), sum('valid'), sum('refused'), sum('invalid')]).toEqual([80, 40, 40, 0])
})
