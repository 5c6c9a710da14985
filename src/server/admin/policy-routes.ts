import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { loadPolicyText } from '../../config/load-policy.ts'
import type { ConfigProblem } from '../../config/problem.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import {
  type SimulationNews,
  type SimulationResult,
  simulate,
  storedRequests,
} from '../../gateway/simulate/simulate.ts'
import { parseDurationMs } from '../../lib/duration.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { ChangedRequest } from '../../policy/replay/simulation.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import { bodyOf } from './ask.ts'

const USUAL_SINCE = '7d'
const USUAL_CHANGED = 100
const MOST_CHANGED = 10_000

const instant = z.iso.datetime({ offset: true })
const simulation = z.strictObject({
  policy: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  since: z.string().optional(),
  from: instant.optional(),
  to: instant.optional(),
  tenant_id: z.string().min(1).optional(),
  max_changed: z.number().int().min(0).max(MOST_CHANGED).optional(),
})

/** `/admin/v1/policy`: what a change of policy would do. */
export function registerPolicy(app: FastifyInstance, house: House): void {
  let running = false

  app.post('/admin/v1/policy/simulate', async (request, reply) => {
    const ask = bodyOf(simulation, request.body)
    const text = typeof ask.policy === 'string' ? ask.policy : JSON.stringify(ask.policy)
    const before = house.config()
    const after = loadPolicyText(text, 'policy', {
      base: before,
      knownProviders: [...providerDefinitions.values()],
      whole: true,
    })
    if (!after.ok) throw policyRefused(after.problems)
    const to = ask.to === undefined ? house.clock.now() : Date.parse(ask.to)
    const from = ask.from === undefined ? to - sinceMs(ask.since ?? USUAL_SINCE) : Date.parse(ask.from)
    if (running) {
      throw new GatewayError(
        'concurrency_limited',
        'A simulation runs already on this instance; try again when it is done.',
        {
          retryAfterSeconds: 5,
        },
      )
    }
    const stored = storedRequests(house.storage.reader, {
      from,
      to,
      ...(ask.tenant_id === undefined ? {} : { tenantId: ask.tenant_id }),
    })
    const facts = { from: isoTime(from), to: isoTime(to), ignored: after.ignored }
    async function* news(): AsyncGenerator<SimulationNews> {
      running = true
      try {
        yield* simulate(house.trialGround, { before, after: (after as { config: typeof before }).config }, stored)
      } finally {
        running = false
      }
    }
    if (request.headers.accept?.includes('application/x-ndjson')) {
      return reply.type('application/x-ndjson').send(Readable.from(linesOf(news(), facts)))
    }
    const changed: ChangedRequest[] = []
    let result: SimulationResult | null = null
    for await (const one of news()) {
      if ('result' in one) result = one.result
      else if ('changed' in one && changed.length < (ask.max_changed ?? USUAL_CHANGED)) changed.push(one.changed)
    }
    return { ...facts, ...result, changed }
  })
}

async function* linesOf(news: AsyncIterable<SimulationNews>, facts: object): AsyncGenerator<string> {
  for await (const one of news) {
    yield `${JSON.stringify('result' in one ? { result: { ...facts, ...one.result } } : one)}\n`
  }
}

function sinceMs(text: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined) return ms
  throw new GatewayError('invalid_request', 'since must be a duration such as 7d or 12h.', { param: 'since' })
}

/** A policy that cannot be put into force, with every problem in `details`. */
export function policyRefused(problems: readonly ConfigProblem[]): GatewayError {
  const [first] = problems
  const place = first?.line ? ` (line ${first.line})` : ''
  const hint = first?.suggestion === undefined ? '' : `; did you mean "${first.suggestion}"?`
  const more = problems.length > 1 ? ` And ${problems.length - 1} more.` : ''
  const what = first ? `${first.path}${place} ${first.message}${hint}.${more}` : 'The policy cannot be read.'
  return new GatewayError('invalid_request', what.trim(), {
    param: first?.path ? `policy.${first.path}` : 'policy',
    details: { problems: problems.map((problem) => ({ ...problem })) },
  })
}
