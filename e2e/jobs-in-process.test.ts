import { afterEach, expect, it } from 'vitest'
import { GatewayError } from '../src/errors/gateway-error.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* Jobs of product code in the gateway's own process. */

let running: Running
afterEach(() => running.stop())

const CALL = {
  tenantId: 'acme',
  feature: 'report',
  model: 'via-anthropic',
  maxOutputTokens: 50,
  messages: [{ role: 'user' as const, content: 'Write the report.' }],
}
const ACME = { tenantId: 'acme' }

it('is started, waited for, and gives what chat gives', async () => {
  running = await startRunning()
  const { jobs, chat } = running.gateway
  const job = await jobs.start(CALL)
  expect(job).toMatchObject({ status: 'queued', tenantId: 'acme', answer: null, error: null, endedAt: null })
  const answer = await jobs.answer(job.id, ACME)
  const direct = await chat(CALL)
  expect(answer).toEqual({ ...direct, traceId: job.traceId, usage: expect.anything(), costUsd: direct.costUsd })
  expect(await jobs.get(job.id, ACME)).toMatchObject({ status: 'completed', answer: { text: direct.text } })
})

it('is refused as chat is, fails with its own error, and is another tenant’s secret', async () => {
  running = await startRunning()
  const { jobs } = running.gateway
  await expect(jobs.start({ ...CALL, model: 'nothing' })).rejects.toMatchObject({ code: 'model_not_found' })
  await expect(jobs.start({ ...CALL, idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'unsupported_parameter' })
  running.wall.plan({ fault: { kind: 'status', status: 400 } } as never)
  const { id } = await jobs.start(CALL)
  await expect(jobs.answer(id, ACME)).rejects.toBeInstanceOf(GatewayError)
  expect(await jobs.get(id, ACME)).toMatchObject({ status: 'failed', answer: null })
  expect(await jobs.get(id, { tenantId: 'globex' })).toBeNull()
  expect(await jobs.cancel(id, { tenantId: 'globex' })).toBeNull()
  await expect(jobs.answer(id, { tenantId: 'globex' })).rejects.toMatchObject({ code: 'not_found' })
})

it('is cancelled; who waits for it may leave before', async () => {
  running = await startRunning()
  const { jobs } = running.gateway
  running.wall.plan({ tokens: 5, firstByteDelayMs: 30_000 })
  const { id } = await jobs.start(CALL)
  const call = await running.wall.waitFor(() => true)
  const left = jobs.answer(id, { ...ACME, signal: AbortSignal.timeout(50) })
  await expect(left).rejects.toMatchObject({ code: 'client_closed' })
  expect(await jobs.cancel(id, ACME)).toMatchObject({ status: 'cancelled', error: { code: 'client_closed' } })
  await expect.poll(() => call.outcome).toBe('aborted')
})
