import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { loadPolicyText } from '../../config/load-policy.ts'
import { policySectionsOf } from '../../config/policy-sections.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { policyRefused } from '../../gateway/policy-versions/policy-refused.ts'
import { policyText } from '../../gateway/policy-versions/policy-text.ts'
import { wholeSections } from '../../gateway/policy-versions/section-changes.ts'
import {
  type SimulationNews,
  type SimulationResult,
  simulate,
  storedRequests,
} from '../../gateway/simulate/simulate.ts'
import { supposedValues } from '../../gateway/supposed-values.ts'
import { parseDurationMs } from '../../lib/duration.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { ChangedRequest } from '../../policy/replay/simulation.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import type { PolicyVersion } from '../../storage/contracts/policy-store.ts'
import { bodyOf, pageOf, queryOf, timeSaid } from './ask.ts'
import { operatorOf } from './gatekeeper.ts'
import { sendRows } from './send-rows.ts'

const USUAL_SINCE = '7d'
const USUAL_CHANGED = 100
const MOST_CHANGED = 10_000

/** A policy as text, or as the object that the text would be. */
const policy = z.union([z.string().min(1), z.record(z.string(), z.unknown())])

const simulation = z.strictObject({
  policy,
  since: z.string().optional(),
  from: timeSaid.optional(),
  to: timeSaid.optional(),
  tenant_id: z.string().min(1).optional(),
  suppose: supposedValues.optional(),
  max_changed: z.number().int().min(0).max(MOST_CHANGED).optional(),
})

const reason = z.string().trim().min(1).max(1_000)
const publication = z.strictObject({
  policy,
  reason: reason.optional(),
  after: z.number().int().min(0).optional(),
  dry_run: z.boolean().optional(),
})
const goingBack = z.strictObject({
  to: z.number().int().min(1).optional(),
  reason: reason.optional(),
  after: z.number().int().min(0).optional(),
})

/** `/admin/v1/policy`: which policy is in force and which were, publishing, going back, and what a change would do. */
export function registerPolicy(app: FastifyInstance, house: House): void {
  registerSimulation(app, house)
  const { policies } = house

  app.get('/admin/v1/policy', async (request, reply) => {
    const { inForce, source } = policies
    const sections = wholeSections(policySectionsOf(house.config()))
    if (wantsYaml(request)) return reply.type(YAML).send(policyText(sections))
    return { source, version: inForce && versionView(inForce), sections }
  })

  app.get('/admin/v1/policy/versions', async (request, reply) => {
    const { rows, nextCursor } = await house.storage.policies.list(pageOf(queryOf(request)))
    return sendRows(request, reply, rows.map(versionView), nextCursor)
  })

  app.get<{ Params: { number: string } }>('/admin/v1/policy/versions/:number', async (request, reply) => {
    const { number } = request.params
    const version = /^[1-9]\d{0,14}$/.test(number) ? await house.storage.policies.get(Number(number)) : null
    if (!version) throw new GatewayError('not_found', `There is no version ${number} of the policy.`)
    if (wantsYaml(request)) return reply.type(YAML).send(policyText(version.sections))
    return { ...versionView(version), sections: version.sections }
  })

  app.post('/admin/v1/policy', async (request, reply) => {
    const { policy, reason: why = null, after, dry_run: dryRun = false } = bodyOf(publication, request.body)
    const text = typeof policy === 'string' ? policy : JSON.stringify(policy)
    if (dryRun) return { source: policies.source, ...(await policies.preview(text, after)) }
    const version = await policies.publish(text, { actor: operatorOf(request), reason: why }, after)
    return reply.code(201).send(versionView(version))
  })

  app.post('/admin/v1/policy/rollback', async (request, reply) => {
    const { to = null, reason: why = null, after } = bodyOf(goingBack, request.body)
    const version = await policies.rollback(to, { actor: operatorOf(request), reason: why }, after)
    return reply.code(201).send(versionView(version))
  })
}

const YAML = 'application/yaml'

function wantsYaml({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes(YAML) ?? false
}

function versionView({ number, hash, source, actor, reason: why, changes, createdAt }: PolicyVersion) {
  return { number, hash, source, actor, reason: why, changes, created_at: isoTime(createdAt) }
}

function registerSimulation(app: FastifyInstance, house: House): void {
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
        const { config } = after as { config: typeof before }
        yield* simulate(house.trialGround, { before, after: config, supposed: ask.suppose ?? {} }, stored)
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
