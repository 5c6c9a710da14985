import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nanoUsdFrom, usdNumber } from '../src/canonical/money.ts'
import { NO_LIMITS } from '../src/config/sections/plans.ts'
import { PRICE, type Running, startRunning } from './running-gateway.ts'

/*
 * A provider that ignores max_tokens and says ten times as much, in events of 1, 16 and 256 tokens. How far does a budget get passed? The table that this prints
 * is in docs/architecture/money.md.
 */

const CAP = 300
const OUTPUT = nanoUsdFrom(PRICE.output_per_mtok) / 1_000_000n
const INPUT = nanoUsdFrom(PRICE.input_per_mtok) / 1_000_000n

let running: Running
const lines: string[] = []

beforeAll(async () => {
  running = await startRunning()
})
afterAll(async () => {
  await running.stop()
  console.log(['| hold | tokens an event | money | provider charges | booked | overrun |', ...lines].join('\n'))
})

/** A call of a tenant that has money for a prompt and `CAP` tokens of output. */
async function overrun(tenantId: string, eventTokens: number, named: boolean) {
  const { house } = running.service
  const limit = nanoUsdFrom(0.0031)
  const tenant = { ...NO_LIMITS, id: tenantId, plan: null, timezone: 'UTC', dailyLimit: limit }
  house.reload({ ...house.config(), tenants: new Map([...house.config().tenants, [tenantId, tenant]]) })
  running.wall.clear()
  running.wall.plan({
    fault: { kind: 'ignore-max-tokens', times: 10 },
    chunks: eventTokens,
    betweenEventsMs: eventTokens === 1 ? 5 : 100,
  })
  const reply = await running.gateway.fetchFor({ tenantId, feature: 'e2e' })('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({
      model: 'oa/m',
      stream: true,
      ...(named ? { max_tokens: CAP } : {}),
      messages: [{ role: 'user', content: 'Stop when told.' }],
    }),
  })
  const text = await reply.text()
  expect(text).toMatch(/"finish_reason":"length"\}\]\}\n\ndata: \[DONE\]\n\n$/)
  const call = await running.wall.waitFor(({ outcome }) => outcome !== 'open')
  const { billed } = call
  const charged = BigInt(billed.inputTokens) * INPUT + BigInt(billed.outputTokens) * OUTPUT
  const [row] = (await house.storage.reader.events({ limit: 1, tenantId })).rows
  const booked = row?.cost ?? 0n
  const { flags } = (await house.storage.reader.trace(row?.traceId ?? '', tenantId))?.request ?? {}
  expect(flags).toContain('budget_cut')
  if (booked > limit) expect(flags).toContain('hold_passed')
  const past = Math.max(Number(booked - limit), Number(charged - limit), 0) / Number(OUTPUT)
  const money = [limit, charged, booked].map((amount) => `$${usdNumber(amount).toFixed(5)}`).join(' | ')
  lines.push(`| ${named ? 'whole cap' : 'tranches'} | ${eventTokens} | ${money} | ${past} tokens |`)
  return past
}

describe('a provider that ignores max_tokens', () => {
  it.each([
    [1, true],
    [16, true],
    [256, true],
    [1, false],
    [16, false],
    [256, false],
  ])('in events of %i tokens passes the budget by one event at most, cap named: %s', async (eventTokens, named) => {
    expect(await overrun(`t${eventTokens}${named}`, eventTokens, named)).toBeLessThanOrEqual(eventTokens)
  })
})
