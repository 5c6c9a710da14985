import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startRunning } from './running-gateway.ts'

/* The names that `model` may hold, for each family of SDKs. */

describe('the list of models', () => {
  let running: Running
  beforeAll(async () => {
    running = await startRunning()
  })
  afterAll(() => running.stop())

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const reply = await fetch(running.url + path, { headers })
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  }

  it("comes in OpenAI's shape, and one of them by its name", async () => {
    const all = await get('/v1/models')
    expect(all.body).toMatchObject({ object: 'list' })
    expect(all.body.data).toContainEqual(expect.objectContaining({ id: 'via-openai', object: 'model' }))
    expect((await get('/v1/models/oa/m')).body).toMatchObject({ id: 'oa/m', object: 'model', owned_by: 'oa' })
  })

  it("comes in Anthropic's shape to those who speak that", async () => {
    const headers = { 'anthropic-version': '2023-06-01' }
    const all = await get('/v1/models', headers)
    expect(all.body).toMatchObject({ has_more: false, first_id: expect.any(String) })
    expect((await get('/v1/models/via-anthropic', headers)).body).toMatchObject({ type: 'model', id: 'via-anthropic' })
  })

  it("comes in Gemini's shape under /v1beta", async () => {
    const all = await get('/v1beta/models')
    expect(all.body.models).toContainEqual(expect.objectContaining({ name: 'models/oa/m' }))
    expect((await get('/v1beta/models/oa%2Fm')).body).toMatchObject({ name: 'models/oa/m', displayName: 'oa/m' })
  })

  it.each(['/v1/models/nobody', '/v1beta/models/nobody'])(
    'says at %s what to do about a name there is not',
    async (path) => {
      expect(await get(path)).toMatchObject({
        status: 404,
        body: { error: { message: expect.stringContaining('nobody') } },
      })
    },
  )

  it('refuses a name that is not well-formed', async () => {
    expect((await get('/v1/models/%E0%A4%A')).status).toBe(400)
  })
})
