import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGateway, type Gateway } from '../src/gateway/create-gateway.ts'
import { type Loopback, startLoopback } from '../src/providers/auth/loopback.contract.ts'
import { startWall, type Wall } from '../src/testing/index.ts'
import { configFor, MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * A provider that is called with an identity of a cloud instead of a key, and keys that stand in files. The cloud's endpoint is on this machine; the
 * one tenant has money for one call at a time, so whatever was not given back would be missed by the next.
 */

describe('a provider that is called with a managed identity', () => {
  let identity: Loopback
  let running: Running
  let post: (model: string) => Promise<Response>

  beforeEach(async () => {
    identity = await startLoopback()
    vi.stubEnv('IDENTITY_HEADER', 'header-secret')
    vi.stubEnv('IDENTITY_ENDPOINT', `${identity.url}/msi/token`)
    running = await startRunning((wall) => ({
      tenants: { acme: { daily_usd_limit: 0.005 } },
      providers: {
        ...configFor(wall).providers,
        az: {
          type: 'azure-openai',
          base_url: `${wall.url}/v1`,
          credential: 'managed-identity',
          models: { m: MODEL },
        },
      },
      models: { cloud: ['az/m'], 'cloud-or-key': ['az/m', 'oa/m'] },
    }))
    const fetch = running.gateway.fetchFor({ tenantId: 'acme', feature: 'test' })
    post = (model) =>
      fetch('http://headgate/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model, max_tokens: 400, messages: [{ role: 'user', content: 'Hi.' }] }),
      })
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await running.stop()
    await identity.close()
  })

  function issue(token: string): void {
    const inAnHour = Math.floor(Date.now() / 1000) + 3600
    identity.reply(200, { access_token: token, expires_on: String(inAnHour), resource: 'x', token_type: 'Bearer' })
  }

  it('carries its token, which is fetched once, and keeps it when the configuration changes', async () => {
    issue('entra-one')
    expect((await post('cloud')).status).toBe(200)
    running.service.reload(running.service.house.config())
    expect((await post('cloud')).status).toBe(200)
    expect(running.wall.calls.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer entra-one',
      'Bearer entra-one',
    ])
    expect(identity.requests).toHaveLength(1)
  })

  it('is not called while there is no token: the call says what to do, costs nothing and holds nothing', async () => {
    const refused = await post('cloud')
    expect(refused.status).toBe(502)
    const { error } = (await refused.json()) as { error: { message: string; code: string } }
    expect(error.code).toBe('upstream_failed')
    expect(error.message).toContain('az/m was not called: Azure gave no token for the managed identity')
    expect(error.message).toContain('headgate doctor --online')
    expect(running.wall.calls).toEqual([])
    const { rows } = await running.service.house.storage.reader.events({ limit: 10 })
    expect(rows.map(({ cost }) => cost)).toEqual([0n])
    expect((await post('cloud-or-key')).status).toBe(200)
    expect(running.wall.calls.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-oa'])
  })
})

describe('a key in a file', () => {
  let directory: string
  let wall: Wall
  let gateway: Gateway

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'headgate-key-'))
    wall = await startWall()
    writeFileSync(join(directory, 'key'), 'sk-old\n')
    const config = configFor(wall)
    const oa = { ...config.providers.oa, api_key: `\${file:${join(directory, 'key')}}` }
    gateway = await createGateway({ config: { ...config, providers: { oa }, models: { m: ['oa/m'] } } })
  })
  afterEach(async () => {
    await gateway.close()
    await wall.close()
    rmSync(directory, { recursive: true })
  })

  it('that is replaced under load is used for new calls, and no call fails', async () => {
    let going = true
    const ask = async () => {
      while (going) {
        await gateway.chat({ tenantId: 't', feature: 'f', model: 'm', messages: [{ role: 'user', content: 'Hi.' }] })
      }
    }
    const asking = Promise.all([ask(), ask(), ask(), ask()])
    await wall.waitFor(({ headers }) => headers.authorization === 'Bearer sk-old')
    writeFileSync(join(directory, 'next'), 'sk-new\n')
    renameSync(join(directory, 'next'), join(directory, 'key'))
    await wall.waitFor(({ headers }) => headers.authorization === 'Bearer sk-new')
    going = false
    await asking
    const after = wall.calls.length
    await gateway.chat({ tenantId: 't', feature: 'f', model: 'm', messages: [{ role: 'user', content: 'Hi.' }] })
    expect(wall.calls.slice(after).map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-new'])
  })
})
