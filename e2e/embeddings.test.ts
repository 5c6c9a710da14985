import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Running, startRunning } from './running-gateway.ts'

/* Vectors: asked for with OpenAI's own client, routed, priced and recorded like every other call. */

describe('embeddings', () => {
  let running: Running
  let client: OpenAI
  beforeAll(async () => {
    running = await startRunning()
    client = new OpenAI({
      apiKey: 'none',
      baseURL: `${running.url}/v1`,
      maxRetries: 0,
      defaultHeaders: { 'x-headgate-feature': 'search' },
    })
  })
  afterAll(() => running.stop())
  beforeEach(() => running.wall.clear())

  it('come as numbers and as base64, the same, one for each text and of the length asked for', async () => {
    const input = ['spring in Kyoto', '京都の春']
    const numbers = await client.embeddings.create({ model: 'oa/m', input, dimensions: 4, encoding_format: 'float' })
    const packed = await client.embeddings.create({ model: 'oa/m', input, dimensions: 4 })
    expect(numbers.data.map(({ embedding }) => embedding.length)).toEqual([4, 4])
    expect(packed.data.map(({ embedding }) => [...embedding])).toEqual(numbers.data.map(({ embedding }) => embedding))
    expect(numbers.data[0]?.embedding).not.toEqual(numbers.data[1]?.embedding)
    expect(running.wall.calls.map(({ dialect, path }) => [dialect, path])).toEqual([
      ['openai-embeddings', '/v1/embeddings'],
      ['openai-embeddings', '/v1/embeddings'],
    ])
  })

  it('cost what their prompt costs, and no output', async () => {
    const { response } = await client.embeddings.create({ model: 'oa/m', input: 'ten words or so' }).withResponse()
    const [call] = running.wall.completed
    expect(Number(response.headers.get('x-headgate-cost-usd'))).toBeCloseTo((call?.billed.inputTokens ?? 0) * 1e-6, 12)
    const traceId = response.headers.get('x-headgate-trace-id')
    const trace = await fetch(`${running.url}/v1/traces/${traceId}`)
    expect(await trace.json()).toMatchObject({ dialect: 'openai-embeddings', attempts: [{ output_tokens: 0 }] })
  })

  it('are not asked of a model that gives none, and words not of one that gives nothing else', async () => {
    const refused = client.embeddings.create({ model: 'an/m', input: 'x' })
    await expect(refused).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('gives no embeddings'),
    })
    expect(running.wall.calls).toHaveLength(0)
  })

  it.each([
    [{ model: 'oa/m' }, 'input'],
    [{ model: 'oa/m', input: [] }, 'input'],
    [{ model: 'oa/m', input: ['a', ''] }, 'input[1]'],
    [{ model: 'oa/m', input: ['a', { text: 'b' }] }, 'input[1]'],
    [{ model: 'oa/m', input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    [{ model: 'oa/m', input: 'a', dimensions: 0.5 }, 'dimensions'],
  ])('refuses %j and says what is wrong with %s', async (body, param) => {
    const reply = await fetch(`${running.url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-headgate-feature': 'search' },
      body: JSON.stringify(body),
    })
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { param } }])
  })

  it('pass texts that are given as tokens on to the host that knows them', async () => {
    await client.embeddings.create({ model: 'oa/m', input: [[1, 2, 3], [4]] })
    expect(running.wall.calls[0]?.body).toMatchObject({ input: [[1, 2, 3], [4]] })
  })

  describe('in process', () => {
    const ask = { tenantId: 'acme', feature: 'search', model: 'oa/m', input: ['spring in Kyoto', '京都の春'] }

    it('come as numbers, the same as over HTTP, with their cost and their trace', async () => {
      const { data } = await client.embeddings.create({ ...ask, dimensions: 4, encoding_format: 'float' })
      running.wall.clear()
      const answer = await running.gateway.embed({ ...ask, dimensions: 4 })
      expect(answer.embeddings).toEqual(data.map(({ embedding }) => embedding))
      const inputTokens = running.wall.completed[0]?.billed.inputTokens ?? 0
      expect(answer).toMatchObject({ model: 'oa/m', usage: { inputTokens, outputTokens: 0 }, replayOf: null })
      expect(answer.costUsd).toBeCloseTo(inputTokens * 1e-6, 12)
      const { rows } = await running.service.house.storage.reader.events({ limit: 5, traceId: answer.traceId })
      expect(rows[0]).toMatchObject({ tenantId: 'acme', feature: 'search', attempt: 1 })
    })

    it('come once for an idempotency key', async () => {
      const first = await running.gateway.embed({ ...ask, input: 'once', idempotencyKey: 'v1' })
      const again = await running.gateway.embed({ ...ask, input: 'once', idempotencyKey: 'v1' })
      expect(again).toMatchObject({ embeddings: first.embeddings, replayOf: first.traceId, costUsd: 0 })
      expect(running.wall.calls).toHaveLength(1)
    })

    it.each([
      [{ input: [] }, 'input'],
      [{ input: ['a', ''] }, 'input[1]'],
      [{ input: '' }, 'input'],
      [{ dimensions: 0.5 }, 'dimensions'],
    ])('refuse %j and say what is wrong with %s', async (wrong, param) => {
      await expect(running.gateway.embed({ ...ask, ...wrong })).rejects.toMatchObject({
        code: 'invalid_request',
        param,
      })
    })
  })
})
