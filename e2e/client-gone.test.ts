import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { INBOUND_FORMATS, type InboundFormat } from './inbound-formats.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * A caller who hangs up. Whatever it speaks, and wherever its answer was: the provider is told, and what it did until then is in the books.
 */

let running: Running
beforeAll(async () => {
  running = await startRunning(() => ({ budgets: [{ per: 'total', usd: 1_000, window: 'day' }] }))
})
afterAll(() => running.stop())
beforeEach(() => running.wall.clear())

let calls = 0

/** Begins a call, hangs up when `ready` says so, and gives its row once the provider has seen it. */
async function hangUp(
  { path, body }: InboundFormat,
  model: string,
  stream: boolean,
  ready: (reply: Promise<Response>) => Promise<unknown>,
) {
  calls += 1
  const traceId = `tr_gone-${calls}`
  const leave = new AbortController()
  const reply = fetch(running.url + path(model, stream), {
    method: 'POST',
    headers: { 'x-headgate-feature': 'test', 'x-headgate-trace-id': traceId },
    body: JSON.stringify(body(model, stream)),
    signal: leave.signal,
  })
  reply.catch(() => undefined)
  await ready(reply)
  leave.abort()
  const seen = await running.wall.waitFor(({ endedAt }) => endedAt !== null)
  expect([seen.outcome, seen.completed]).toEqual(['aborted', false])
  const { storage } = running.service.house
  const rowsNow = async () => (await storage.reader.events({ limit: 5, traceId })).rows
  await expect.poll(async () => (await rowsNow()).length).toBe(1)
  const [row] = await rowsNow()
  expect(row).toMatchObject({ status: 'client_gone', attempt: 1 })
  // Nothing is held for it any more, and what it cost is posted.
  const { rows } = await storage.reader.events({ limit: 1_000 })
  const [budget] = await storage.ledger.budgets()
  expect(budget?.posted).toBe(rows.reduce((sum, { cost }) => sum + cost, 0n))
  return { row, seen }
}

const isAtProvider = () => running.wall.waitFor(() => true)

describe.each(INBOUND_FORMATS)('a caller of $name that leaves', (format) => {
  describe.each(['via-openai', 'via-anthropic'])('over %s', (model) => {
    it.each([
      ['a whole answer', false],
      ['a stream', true],
    ])('before the first byte of %s: the prompt may have cost something', async (_what, stream) => {
      running.wall.plan({ fault: { kind: 'hang' } })
      const { row } = await hangUp(format, model, stream, isAtProvider)
      expect(row?.inputTokens).toBeGreaterThan(0)
      expect(row?.usageEstimated).toBe(true)
    })

    it('in the middle of a stream: what had come is booked', async () => {
      running.wall.plan({ tokens: 20_000, betweenEventsMs: 2 })
      const { row, seen } = await hangUp(format, model, true, async (reply) => {
        const reader = ((await reply).body as ReadableStream<Uint8Array>).getReader()
        for (let bytes = 0; bytes < 4_000; ) bytes += (await reader.read()).value?.length ?? 4_000
      })
      expect(row?.outputTokens).toBeGreaterThan(0)
      expect(row?.outputTokens).toBeLessThanOrEqual(2 * (seen.abortedAtEvent ?? 0) + 50)
      expect(row?.inputTokens).toBeGreaterThan(0)
    })
  })
})
