import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GatewayError } from '../errors/gateway-error.ts'
import { type ContextAsk, type ContextPolicy, type ReadContext, readCallContext } from './call-context.ts'
import type { Principal } from './context.ts'
import { CONTEXT_FIELDS } from './context-fields.ts'
import { checkKeyDefaults } from './context-sources.ts'
import { ANONYMOUS, ENVIRONMENT_ADMIN, IN_PROCESS } from './principal.ts'

const TENANT_KEY: Principal = {
  kind: 'tenant',
  keyId: 'k1',
  tenantId: 'acme',
  tenants: [],
  defaults: {},
  allowedModels: null,
}
const SERVICE_KEY: Principal = { ...TENANT_KEY, kind: 'service', tenantId: null, tenants: ['acme', 'globex'] }

const POLICY: ContextPolicy = {
  required: [],
  tenant: (id) => (id === 'acme' ? { plan: 'enterprise', region: 'eu' } : null),
  isTask: (name) => name === 'rag_answer',
}

function read(ask: Partial<ContextAsk> = {}, policy: Partial<ContextPolicy> = {}): ReadContext {
  return readCallContext({ principal: TENANT_KEY, headers: {}, ...ask }, { ...POLICY, ...policy })
}

function refusal(ask: Partial<ContextAsk>, policy: Partial<ContextPolicy> = {}): GatewayError {
  try {
    read(ask, policy)
  } catch (error) {
    return error as GatewayError
  }
  throw new Error('was not refused')
}

describe('where the context comes from', () => {
  test('every attribute can be a header', () => {
    const { context } = read({
      headers: {
        'x-headgate-user-id': 'u1',
        'x-headgate-team-id': 't1',
        'x-headgate-feature': 'chat',
        'x-headgate-task': 'label',
        'x-headgate-risk': 'write',
        'x-headgate-quality': 'best',
        'x-headgate-priority': 'high',
        'x-headgate-visibility': 'customer',
        'x-headgate-data-sensitivity': 'restricted',
        'x-headgate-latency-target-ms': '2500',
        'x-headgate-max-cost-usd': '0.05',
        'x-headgate-prompt-version': 'v7',
        'x-headgate-run-id': 'r1',
        'x-headgate-retrieved-documents': '3',
        'x-headgate-permission-scope': 'team-a',
      },
    })
    expect(context).toEqual({
      tenantId: 'acme',
      userId: 'u1',
      teamId: 't1',
      feature: 'chat',
      task: 'label',
      plan: 'enterprise',
      risk: 'write',
      quality: 'best',
      priority: 'high',
      visibility: 'customer',
      dataSensitivity: 'restricted',
      region: 'eu',
      latencyTargetMs: 2500,
      maxCostUsd: 0.05,
      promptVersion: 'v7',
      runId: 'r1',
      retrievedDocuments: 3,
      permissionScope: 'team-a',
    })
  })

  test('the process wins over a header, a header over metadata, metadata over the key’s default', () => {
    const principal = { ...TENANT_KEY, defaults: { feature: 'from-key', team_id: 't', run_id: 'r', user_id: 'u' } }
    const { context } = read({
      principal,
      process: { feature: 'from-process' },
      headers: { 'x-headgate-feature': 'from-header', 'x-headgate-team-id': 'from-header' },
      metadata: { feature: 'from-metadata', team_id: 'from-metadata', run_id: 'from-metadata' },
    })
    expect([context.feature, context.teamId, context.runId, context.userId]).toEqual([
      'from-process',
      'from-header',
      'from-metadata',
      'u',
    ])
  })

  test('metadata takes numbers as numbers and as text', () => {
    const { context } = read({ metadata: { latency_target_ms: 2500, max_cost_usd: '0.0000001' } })
    expect([context.latencyTargetMs, context.maxCostUsd]).toEqual([2500, 0.0000001])
    expect(read({ metadata: { max_cost_usd: 1e-7 } }).context.maxCostUsd).toBe(1e-7)
  })

  test('a call that says nothing has risk read_only and the feature "default"', () => {
    expect(read().context).toMatchObject({ risk: 'read_only', feature: 'default', userId: null, task: null })
  })

  test('the end user of the dialect fills user_id only when nothing else did', () => {
    const endUser = { value: 'sdk-user', path: 'user' }
    expect(read({ endUser }).context.userId).toBe('sdk-user')
    expect(read({ endUser, metadata: { user_id: 'real' } }).context.userId).toBe('real')
    expect(refusal({ endUser: { value: 'a\nb', path: 'user' } })).toMatchObject({ param: 'user' })
  })

  test('a task named as the model is the task', () => {
    expect(read({ model: 'rag_answer' }).context.task).toBe('rag_answer')
    expect(read({ model: 'gpt-4o' }).context.task).toBeNull()
    expect(read({ model: 'rag_answer', headers: { 'x-headgate-task': 'other' } }).context.task).toBe('other')
  })

  test('UTF-8 in a header means the same as in metadata', () => {
    const raw = Buffer.from('größe').toString('latin1')
    expect(read({ headers: { 'x-headgate-feature': raw } }).context.feature).toBe('größe')
  })

  test('what was read from metadata is listed, and what is not ours stays', () => {
    const { metadataRead } = read({ metadata: { feature: 'x', plan: 'p', order: '17' } })
    expect(metadataRead).toEqual(['feature', 'plan'])
    expect(read({ metadata: { user_id: 'u', feature: 'x' }, dialectMetadata: ['user_id'] }).metadataRead).toEqual([
      'feature',
    ])
  })

  test('names from the prototype are no metadata', () => {
    const metadata = JSON.parse('{"__proto__":{"feature":"evil"},"constructor":"x"}')
    expect(read({ metadata }).context.feature).toBe('default')
  })
})

describe('who pays', () => {
  const elsewhere = [
    { headers: { 'x-headgate-tenant-id': 'globex' } },
    { metadata: { tenant_id: 'globex' } },
    { headers: { 'x-headgate-tenant-id': 'acme' }, metadata: { tenant_id: 'globex' } },
    { process: { tenant_id: 'globex' } },
  ]
  test.each(elsewhere)('a tenant key that names another tenant is refused: %j', (ask) => {
    expect(refusal(ask)).toMatchObject({ code: 'tenant_mismatch', status: 403 })
  })

  test('a tenant key may repeat its own tenant', () => {
    expect(read({ headers: { 'x-headgate-tenant-id': 'acme' } }).context.tenantId).toBe('acme')
  })

  test('without keys everybody is tenant "default" and nobody else', () => {
    expect(read({ principal: ANONYMOUS }).context.tenantId).toBe('default')
    expect(refusal({ principal: ANONYMOUS, metadata: { tenant_id: 'acme' } })).toMatchObject({
      code: 'tenant_mismatch',
    })
  })

  test('a service key speaks for the tenants it was granted only', () => {
    const headers = (tenant: string) => ({ 'x-headgate-tenant-id': tenant })
    expect(read({ principal: SERVICE_KEY, headers: headers('globex') }).context.tenantId).toBe('globex')
    expect(refusal({ principal: SERVICE_KEY, headers: headers('initech') })).toMatchObject({
      code: 'permission_denied',
      param: 'x-headgate-tenant-id',
    })
    expect(read({ principal: { ...SERVICE_KEY, tenants: ['*'] }, headers: headers('any') }).context.tenantId).toBe(
      'any',
    )
  })

  test('a service key must say for whom it speaks, unless it may speak for one tenant only', () => {
    expect(refusal({ principal: SERVICE_KEY })).toMatchObject({
      code: 'metadata_missing',
      details: { missing: ['tenant_id'] },
    })
    expect(refusal({ principal: { ...SERVICE_KEY, tenants: ['*'] } })).toMatchObject({ code: 'metadata_missing' })
    expect(read({ principal: { ...SERVICE_KEY, tenants: ['acme'] } }).context.tenantId).toBe('acme')
  })

  test('the process may name any tenant', () => {
    expect(read({ principal: IN_PROCESS, process: { tenant_id: 'initech' } }).context.tenantId).toBe('initech')
    expect(read({ principal: IN_PROCESS }).context.tenantId).toBe('default')
  })

  test('an admin key makes no model calls', () => {
    expect(refusal({ principal: ENVIRONMENT_ADMIN })).toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('tenant key'),
    })
  })

  test('plan and residency are the tenant’s, and what the caller said of them is reported as ignored', () => {
    const { context, ignored } = read({
      headers: { 'x-headgate-plan': 'unlimited', 'x-headgate-tenat-id': 'typo', 'x-headgate-cache': 'no-store' },
      metadata: { region: 'us' },
    })
    expect([context.plan, context.region]).toEqual(['enterprise', 'eu'])
    expect(ignored).toEqual(['x-headgate-tenat-id', 'x-headgate-plan', 'metadata.region'])
  })

  test('a tenant without configuration has no plan, and the caller may name a region', () => {
    const principal = { ...TENANT_KEY, tenantId: 'new' }
    expect(read({ principal, metadata: { region: 'us', plan: 'x' } }).context).toMatchObject({
      plan: null,
      region: 'us',
    })
  })
})

describe('what is wrong is named by its path', () => {
  test.each([
    [{ headers: { 'x-headgate-risk': 'none' } }, 'x-headgate-risk'],
    [{ metadata: { risk: 'READ_ONLY' } }, 'metadata.risk'],
    [{ metadata: { quality: 5 } }, 'metadata.quality'],
    [{ metadata: { data_sensitivity: 'secret' } }, 'metadata.data_sensitivity'],
    [{ metadata: { latency_target_ms: '2.5' } }, 'metadata.latency_target_ms'],
    [{ metadata: { latency_target_ms: 0 } }, 'metadata.latency_target_ms'],
    [{ headers: { 'x-headgate-max-cost-usd': '-1' } }, 'x-headgate-max-cost-usd'],
    [{ headers: { 'x-headgate-max-cost-usd': '1e3' } }, 'x-headgate-max-cost-usd'],
    [{ metadata: { max_cost_usd: Number.POSITIVE_INFINITY } }, 'metadata.max_cost_usd'],
    [{ metadata: { feature: ['a'] } }, 'metadata.feature'],
    [{ metadata: { feature: 'x'.repeat(257) } }, 'metadata.feature'],
    [{ metadata: { feature: 'a\u0000b' } }, 'metadata.feature'],
    [{ metadata: { tenant_id: 'ac\u200bme' } }, 'metadata.tenant_id'],
    [{ metadata: { feature: '\ud800' } }, 'metadata.feature'],
    [{ metadata: 'text' }, 'metadata'],
    [{ headers: { 'x-headgate-feature': ['a', 'b'] } }, 'x-headgate-feature'],
    [{ process: { risk: 'none' } }, 'risk'],
    [{ process: { latency_target_ms: 'soon' } }, 'latencyTargetMs'],
  ])('%j', (ask, param) => {
    expect(refusal(ask)).toMatchObject({ code: 'invalid_request', status: 400, param })
  })

  test('all missing attributes are listed at once, with the three ways to give them', () => {
    const error = refusal({}, { required: ['tenant_id', 'feature', 'user_id'] })
    expect(error).toMatchObject({ code: 'metadata_missing', details: { missing: ['feature', 'user_id'] } })
    expect(error.message).toContain('x-headgate-user-id')
    expect(error.message).toContain('metadata.user_id')
    expect(error.message).toContain('keys create')
  })

  test('a required attribute may come from the key, the tenant, the model or the dialect', () => {
    const policy = { required: ['tenant_id', 'plan', 'task', 'user_id', 'feature'] }
    const principal = { ...TENANT_KEY, defaults: { feature: 'chat' } }
    const ask = { principal, model: 'rag_answer', endUser: { value: 'u', path: 'user' } }
    expect(read(ask, policy).context).toMatchObject({ feature: 'chat', plan: 'enterprise', task: 'rag_answer' })
  })

  test('an empty value is the same as none', () => {
    expect(refusal({ headers: { 'x-headgate-feature': ' ' } }, { required: ['feature'] })).toMatchObject({
      code: 'metadata_missing',
    })
  })
})

test('whatever a tenant key’s caller sends, the tenant is the key’s or the call is refused with a client error', () => {
  const names = CONTEXT_FIELDS.map(({ name }) => name)
  const value = fc.oneof(fc.string(), fc.constantFrom('acme', 'globex', 'eu'), fc.double(), fc.jsonValue())
  const metadata = fc.dictionary(fc.constantFrom(...names, '__proto__', 'x'), value)
  const headers = fc.dictionary(fc.constantFrom(...CONTEXT_FIELDS.map(({ header }) => header)), fc.string())
  fc.assert(
    fc.property(headers, metadata, (sentHeaders, sentMetadata) => {
      try {
        const { context } = read({ headers: sentHeaders, metadata: sentMetadata })
        expect([context.tenantId, context.plan, context.region]).toEqual(['acme', 'enterprise', 'eu'])
      } catch (error) {
        expect((error as GatewayError).code).toMatch(/^(invalid_request|tenant_mismatch)$/)
      }
    }),
  )
})

test('defaults of a new key are checked by the same rules', () => {
  expect(checkKeyDefaults({ feature: ' chat ', latency_target_ms: 100, task: '' })).toEqual({
    feature: 'chat',
    latency_target_ms: '100',
  })
  expect(() => checkKeyDefaults({ risk: 'x' })).toThrow(expect.objectContaining({ param: 'defaults.risk' }))
  expect(() => checkKeyDefaults({ plan: 'x' })).toThrow(expect.objectContaining({ param: 'defaults.plan' }))
  expect(() => checkKeyDefaults({ colour: 'x' })).toThrow(expect.objectContaining({ param: 'defaults.colour' }))
})

test('what one call of a key says is not there for the next, nor for another tenant or model', () => {
  const defaults = { feature: 'from-key', region: 'us', max_cost_usd: '0.5' }
  const acme = { ...TENANT_KEY, defaults }
  const globex = { ...TENANT_KEY, defaults, tenantId: 'globex' }
  const silent = read({ principal: acme }).context
  expect(silent).toMatchObject({ tenantId: 'acme', feature: 'from-key', plan: 'enterprise', region: 'eu', task: null })
  expect(silent.maxCostUsd).toBe(0.5)
  const told = read({ principal: acme, model: 'rag_answer', headers: { 'x-headgate-feature': 'told' } }).context
  expect(told).toEqual({ ...silent, feature: 'told', task: 'rag_answer' })
  expect(read({ principal: globex }).context).toEqual({ ...silent, tenantId: 'globex', plan: null, region: 'us' })
  const endUser = { value: 'u1', path: 'user' }
  expect(read({ principal: acme, endUser }).context).toEqual({ ...silent, userId: 'u1' })
  expect(read({ principal: acme }).context).toEqual(silent)
})
