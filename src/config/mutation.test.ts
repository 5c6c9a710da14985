import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { valueAt } from './explain-issue.ts'
import { type LoadResult, loadConfigText } from './load.ts'
import { type Path, pathText } from './problem.ts'

const GOOD = `version: 1
server: { host: 127.0.0.1, port: 4100, max_body: 10mb, drain: 10m, drain_delay: 0s, heartbeat: 15s, overload: { busy: { lag: 200ms } }, connections_per_address: 10000 }
auth: { mode: keys }
storage: { url: "memory:", on_outage: refuse }
metadata: { required: [tenant_id, feature] }
providers:
  openai: { api_key: "\${OPENAI_API_KEY}", timeouts: { connect: 2s }, headers: { x-team: a } }
  vllm:
    type: openai-compatible
    base_url: "http://10.0.0.7:8000/v1"
    self_hosted: true
    models:
      llama: { price: { input_per_mtok: 0, output_per_mtok: 0.5 }, context: 8192, quality: 2 }
models:
  fast-small: [openai/gpt-4o-mini, vllm/llama]
  balanced-large: { deployments: [{ use: openai/gpt-4o }], strategy: priority }
tasks:
  classify: { default: fast-small, fallback: balanced-large, max_latency_ms: 1000, max_cost_usd: 0.001 }
  answer:
    default: balanced-large
    fallback: [fast-small, openai/gpt-4o]
    requires_citations: true
    parameters: { temperature: { default: 0.2, max: 1 } }
plans:
  pro: { daily_usd_limit: 5, allowed_models: ["*"] }
tenants:
  acme: { plan: pro, timezone: Europe/Berlin, monthly_usd_limit: 100 }
budgets:
  - { per: user, usd: 5, window: day, match: { feature: chat } }
unknown_price: refuse
guards: { default: { tool_result: { high: block, medium: wrap, judge: local } } }
tracing: { content: none }
`
const knownProviders = [
  { type: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' },
  { type: 'openai-compatible' },
]
const load = (text: string): LoadResult =>
  loadConfigText(text, 'headgate.yaml', { env: { OPENAI_API_KEY: 'sk-1' }, knownProviders })

/** Every path of the good config. */
function pathsOf(data: unknown, above: Path = []): readonly Path[] {
  if (typeof data !== 'object' || data === null) return [above]
  return [
    above,
    ...Object.entries(data).flatMap(([key, value]) =>
      pathsOf(value, [...above, Array.isArray(data) ? Number(key) : key]),
    ),
  ]
}

test('the config that is mutated here is good', () => {
  expect(load(GOOD).ok).toBe(true)
})

test('200 configs with broken text are refused with a line, or are good; none is a crash', () => {
  const noise = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ': ',
      '\n',
      '\n  ',
      '"',
      "'",
      '- ',
      '&a ',
      '*a',
      '!!x ',
      '|',
      '>',
      '#',
      '${',
      '? ',
      '\t',
      '---\n',
      '%',
    ),
  )
  const cut = fc.record({ at: fc.nat(GOOD.length), length: fc.nat(30), put: noise })
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (cuts) => {
      let text = GOOD
      for (const { at, length, put } of cuts) text = text.slice(0, at) + put + text.slice(at + length)
      const result = load(text)
      if (result.ok) return
      expect(result.problems.length).toBeGreaterThan(0)
      for (const { file, line, column, message } of result.problems) {
        expect(file).toBe('headgate.yaml')
        expect(line).toBeGreaterThanOrEqual(1)
        expect(line).toBeLessThanOrEqual(text.split('\n').length)
        expect(column).toBeGreaterThanOrEqual(1)
        expect(message).not.toBe('')
      }
    }),
    { numRuns: 200 },
  )
})

test('200 configs with one wrong value are refused at its path, or are good', () => {
  const paths = pathsOf(parse(GOOD)).slice(1)
  const wrong = fc.oneof(
    fc.constantFrom<unknown>(null, -1, 1.5, 1e300, '', ' ', 'nothing/at all', true, [], {}, [[]], [null], { a: 1 }, [
      'x',
      1,
    ]),
    fc.jsonValue({ maxDepth: 2 }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...paths), wrong, (path, value) => {
      const data: unknown = parse(GOOD)
      Object.assign(valueAt(data, path.slice(0, -1)) as object, { [path.at(-1) ?? '']: value })
      const result = load(stringify(data))
      if (result.ok) return
      expect(result.problems.length).toBeGreaterThan(0)
      for (const problem of result.problems) expect(problem.path).not.toBe('')
      // What is wrong is at the value itself, inside it, or in something that refers to it.
      const here = pathText(path)
      const section = String(path[0])
      const referring = ['providers', 'models', 'plans', 'server', 'tasks'].includes(section)
      if (!referring) expect(result.problems.some((problem) => problem.path.startsWith(here))).toBe(true)
    }),
    { numRuns: 200 },
  )
})
