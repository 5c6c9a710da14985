import { Client, types } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../lib/clock.ts'
import { instanceOf, settlementOf, stateOf, windowOf } from '../contracts/samples.contract.ts'
import type { Storage } from '../contracts/storage.ts'
import { openPostgresStorage } from './open.ts'
import { PATIENT, queryOnce, startTestServer, type TestServer } from './test-server.contract.ts'
import { TimeLimitError } from './time-limit.ts'
import { openLink, type UnreliableLink } from './unreliable-link.contract.ts'

const UNAVAILABLE = expect.objectContaining({ code: 'ledger_unavailable', retryable: true, cause: expect.anything() })
const TOO_LATE = expect.objectContaining({ code: 'ledger_unavailable', cause: expect.any(TimeLimitError) })

/** Long enough for a busy machine to answer, short enough to wait for when nobody answers. */
const SHORT_MS = 1_000

let server: TestServer
let link: UnreliableLink
let url: string
let direct: Storage
const warnings: string[] = []

beforeAll(async () => {
  server = await startTestServer()
  url = await server.createDatabase()
  link = await openLink(url)
  direct = await openPostgresStorage({ url, clock: systemClock, limits: PATIENT })
  await direct.migrate()
})
afterAll(async () => {
  await link.close()
  await direct.close()
  await server.close()
})
beforeEach(() => {
  warnings.length = 0
})

type Options = Parameters<typeof openPostgresStorage>[0]

async function throughLink(limits: Options['limits'] = {}, more: Partial<Options> = {}): Promise<Storage> {
  const log = { warn: (_fields: object, message: string) => warnings.push(message) }
  return openPostgresStorage({ url: link.url, clock: systemClock, log, limits: { ...PATIENT, ...limits }, ...more })
}

/** Retries until the database answers again, as the owner of the storage would. */
async function untilItAnswers(storage: Storage): Promise<void> {
  for (;;) {
    const answered = await storage.ledger.now().then(
      () => true,
      () => false,
    )
    if (answered) return
  }
}

describe('a database that is down', () => {
  it('is said to be unavailable, and is used again once it is back', async () => {
    const storage = await throughLink()
    const instance = await instanceOf(storage)
    await link.close()
    const loan = { window: windowOf(10n), atLeast: 1n, wanted: 1n }
    await expect(storage.ledger.growSlices(instance, [loan])).rejects.toEqual(UNAVAILABLE)
    await expect(storage.keys.findByMac('x')).rejects.toEqual(UNAVAILABLE)
    await expect(storage.reader.usage({ groupBy: [] })).rejects.toEqual(UNAVAILABLE)
    await expect(storage.audit.list({ limit: 1 })).rejects.toEqual(UNAVAILABLE)
    await expect(storage.migrate()).rejects.toEqual(UNAVAILABLE)
    await link.open()
    expect(await storage.ledger.growSlices(instance, [loan])).toEqual([{ granted: 1n, left: 9n, recalled: false }])
    await storage.close()
  })

  it('is said to be unavailable after closing too, and closing twice is closing once', async () => {
    const storage = await throughLink()
    await storage.ledger.now()
    await Promise.all([storage.close(), storage.ledger.close()])
    await storage.close()
    await expect(storage.ledger.now()).rejects.toEqual(UNAVAILABLE)
  })
})

describe('a database that is hung', () => {
  it('is given up on when it does not answer the first word, and is used again once it goes on', async () => {
    const storage = await throughLink({ connections: 1, beginMs: SHORT_MS })
    await untilItAnswers(storage)
    link.freeze()
    await expect(storage.ledger.now()).rejects.toEqual(TOO_LATE)
    link.thaw()
    await untilItAnswers(storage)
    await storage.close()
  })

  it('does not hold up callers who need a new connection, and the connection is there for later ones', async () => {
    const storage = await throughLink({ acquireMs: SHORT_MS })
    link.freeze()
    await expect(storage.ledger.now()).rejects.toEqual(TOO_LATE)
    link.thaw()
    await untilItAnswers(storage)
    await storage.close()
  })

  it('is waited for while nobody calls yet', async () => {
    const limits = { acquireMs: SHORT_MS, connectMs: 20_000 }
    const starting = await throughLink(limits, { callersWait: () => false })
    const called = await throughLink(limits)
    link.freeze()
    const answer = starting.ledger.now()
    await expect(called.ledger.now()).rejects.toEqual(TOO_LATE)
    link.thaw()
    expect(await answer).toBeGreaterThan(0)
    await Promise.all([starting.close(), called.close()])
  })

  it('leaves nothing of a loan that it was asked for when it stopped', async () => {
    const storage = await throughLink({ connections: 1, beginMs: SHORT_MS })
    const instance = await instanceOf(direct)
    const window = windowOf(10n)
    await untilItAnswers(storage)
    link.freeze()
    await expect(storage.ledger.growSlices(instance, [{ window, atLeast: 5n, wanted: 5n }])).rejects.toEqual(TOO_LATE)
    link.thaw()
    await untilItAnswers(storage)
    expect((await stateOf(direct, window)).sliced).toBe(0n)
    await storage.close()
  })
})

describe('a database that is busy', () => {
  it('refuses the caller who finds no free connection instead of queueing it', async () => {
    const storage = await throughLink({ connections: 1, acquireMs: SHORT_MS })
    const window = windowOf(10n)
    const instance = await instanceOf(direct)
    await direct.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])
    await untilItAnswers(storage)
    const holder = await lockOf(window.key)
    const waiting = storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])
    await holder.untilWaitedFor()
    await expect(storage.ledger.heartbeat(instance)).rejects.toEqual(TOO_LATE)
    await holder.release()
    expect(await waiting).toEqual([{ granted: 1n, left: 8n, recalled: false }])
    await storage.ledger.heartbeat(instance)
    await storage.close()
  })

  it('is not waited for when another holds a row for too long', async () => {
    const storage = await throughLink({ lockMs: 50 })
    const window = windowOf(10n)
    const instance = await instanceOf(storage)
    const loan = { window, atLeast: 1n, wanted: 1n }
    await storage.ledger.growSlices(instance, [loan])
    const holder = await lockOf(window.key)
    const refusal = expect.objectContaining({
      code: 'ledger_unavailable',
      cause: expect.objectContaining({ code: '55P03' }),
    })
    await expect(storage.ledger.growSlices(instance, [loan])).rejects.toEqual(refusal)
    await expect(storage.ledger.settle(instance, [settlementOf(1n, [window])])).rejects.toEqual(refusal)
    await holder.release()
    await storage.close()
  })

  it('keeps connections for calls when reports take theirs', async () => {
    const storage = await throughLink({ readConnections: 1, acquireMs: SHORT_MS })
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query('begin; lock table llm_usage_events in access exclusive mode')
    const report = storage.reader.usage({ groupBy: [] })
    await untilSomebodyWaits()
    await expect(storage.reader.usage({ groupBy: [] })).rejects.toEqual(TOO_LATE)
    await storage.ledger.now()
    await client.query('rollback')
    await client.end()
    expect(await report).toHaveLength(1)
    await storage.close()
  })
})

describe('a lost connection', () => {
  it('leaves nothing of what was given back in doubt, so that a later loan keeps all that it lent', async () => {
    const storage = await throughLink()
    const instance = await instanceOf(direct)
    const window = windowOf(10n)
    await direct.ledger.growSlices(instance, [{ window, atLeast: 4n, wanted: 4n }])
    const lock = await lockOf(window.key)
    const kept = storage.ledger.keepSlices(instance, [{ window, amount: 0n }])
    await lock.untilWaitedFor()
    link.cut()
    await expect(kept).rejects.toEqual(UNAVAILABLE)
    const loan = direct.ledger.growSlices(instance, [{ window, atLeast: 3n, wanted: 3n }])
    await lock.release()
    await loan
    await untilItAnswers(storage)
    expect((await stateOf(direct, window)).sliced).toBe(7n)
    await storage.close()
  })

  it('takes with it what was given back, so that it cannot come late and take what was kept since', async () => {
    const storage = await throughLink({ beginMs: SHORT_MS, statementMs: SHORT_MS })
    const instance = await instanceOf(direct)
    const window = windowOf(10n)
    await direct.ledger.growSlices(instance, [{ window, atLeast: 5n, wanted: 5n }])
    const giveBack = () => storage.ledger.returnSlices(instance, [{ window, amount: 1n }])
    await giveBack()
    link.freeze()
    await expect(giveBack()).rejects.toEqual(TOO_LATE)
    await direct.ledger.keepSlices(instance, [{ window, amount: 3n }])
    link.thaw()
    await untilItAnswers(storage)
    expect((await stateOf(direct, window)).sliced).toBe(3n)
    await storage.close()
  })

  it('does not end the process when it is idle, and is replaced', async () => {
    const storage = await throughLink()
    await storage.ledger.now()
    link.cut()
    await expect.poll(() => warnings, { timeout: 30_000 }).toContain('lost an idle database connection')
    await storage.ledger.now()
    await storage.close()
  })

  it('undoes the work that it was lost in and fails it alone', async () => {
    const storage = await throughLink()
    const window = windowOf(10n)
    const instance = await instanceOf(storage)
    const loan = { window, atLeast: 1n, wanted: 1n }
    await storage.ledger.growSlices(instance, [loan])
    const holder = await lockOf(window.key)
    const outcome = expect(storage.ledger.growSlices(instance, [loan])).rejects.toEqual(UNAVAILABLE)
    await holder.untilWaitedFor()
    link.cut()
    await outcome
    await holder.release()
    expect(await stateOf(storage, window)).toEqual({ limit: 10n, posted: 0n, sliced: 1n })
    await storage.close()
  })

  it('leaves a settlement in doubt, which may be repeated and counts once', async () => {
    const storage = await throughLink()
    const window = windowOf(10n)
    const instance = await instanceOf(storage)
    await storage.ledger.growSlices(instance, [{ window, atLeast: 5n, wanted: 5n }])
    const settlement = settlementOf(2n, [window])
    const holder = await lockOf(window.key)
    const outcome = expect(storage.ledger.settle(instance, [settlement])).rejects.toEqual(UNAVAILABLE)
    await holder.untilWaitedFor()
    link.cut()
    await outcome
    await holder.release()
    await storage.ledger.settle(instance, [settlement])
    expect(await stateOf(storage, window)).toEqual({ limit: 10n, posted: 2n, sliced: 3n })
    await storage.close()
  })
})

describe('statements that go in one trip', () => {
  it('begin with a sign of life on a connection that was quiet', async () => {
    const storage = await throughLink({ connections: 1, beginMs: SHORT_MS })
    const window = windowOf(10n)
    const instance = await instanceOf(direct)
    await untilItAnswers(storage)
    link.freeze()
    await expect(storage.ledger.settle(instance, [settlementOf(0n, [window])])).rejects.toEqual(TOO_LATE)
    link.thaw()
    await untilItAnswers(storage)
    await storage.close()
  })

  it('go through another connection when the one that waits for them is lost', async () => {
    const storage = await throughLink({ connections: 1 })
    const window = windowOf(10n)
    const instance = await instanceOf(storage)
    await storage.ledger.settle(instance, [settlementOf(1n, [window])])
    link.cut()
    await expect.poll(() => warnings).toEqual(['lost an idle database connection'])
    await storage.ledger.settle(instance, [settlementOf(1n, [window])])
    expect((await stateOf(storage, window)).posted).toBe(2n)
    await storage.close()
  })

  it('are given up when no answer comes, and the next ones go through another connection', async () => {
    const storage = await throughLink({ connections: 1, statementMs: SHORT_MS })
    const window = windowOf(10n)
    const instance = await instanceOf(storage)
    await storage.ledger.settle(instance, [settlementOf(1n, [window])])
    link.freeze()
    const settlement = settlementOf(1n, [window])
    await expect(storage.ledger.settle(instance, [settlement])).rejects.toEqual(TOO_LATE)
    link.thaw()
    await untilItAnswers(storage)
    await storage.ledger.settle(instance, [settlement])
    expect((await stateOf(storage, window)).posted).toBe(2n)
    await storage.close()
  })

  it('are undone all of them when one fails, and the connection goes on', async () => {
    const storage = await throughLink({ connections: 1 })
    const window = windowOf(10n)
    const instance = await instanceOf(storage)
    await storage.ledger.growSlices(instance, [{ window, atLeast: 5n, wanted: 5n }])
    const settlement = settlementOf(2n, [window])
    const [row] = settlement.usage
    const impossible = {
      ...settlementOf(1n, [window]),
      usage: row ? [{ ...row, id: 'at_other', status: 'nonsense' }] : [],
    }
    const both = [settlement, impossible] as unknown as Parameters<typeof storage.ledger.settle>[1]
    await expect(storage.ledger.settle(instance, both)).rejects.toEqual(UNAVAILABLE)
    expect(await stateOf(storage, window)).toEqual({ limit: 10n, posted: 0n, sliced: 5n })
    await storage.ledger.settle(instance, [settlement])
    expect(await stateOf(storage, window)).toEqual({ limit: 10n, posted: 2n, sliced: 3n })
    await storage.close()
  })
})

it('changes nothing about how other users of pg read numbers', () => {
  expect(types.getTypeParser(20)('7')).toBe('7')
  expect(types.getTypeParser(1184)('2026-11-21 02:37:00+00')).toBeInstanceOf(Date)
})

it('refuses a URL that is none without repeating it', async () => {
  const wrong = ['mysql://u:hunter2@h/db', 'postgres://u:hunter2@[bad/db', 'hunter2', '']
  for (const text of wrong) {
    const error = await openPostgresStorage({ url: text, clock: systemClock }).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'ledger_unavailable' })
    expect(`${error.message}${String(error.cause)}`).not.toContain('hunter2')
  }
})

/** Holds the rows of a budget until released. */
async function lockOf(key: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query('select * from budgets where key = $1 for update', [key])
  return {
    untilWaitedFor: untilSomebodyWaits,
    async release() {
      await client.query('rollback')
      await client.end()
    },
  }
}

async function untilSomebodyWaits(): Promise<void> {
  await expect
    .poll(() => queryOnce(url, `select 1 from pg_stat_activity where wait_event_type = 'Lock'`), { timeout: 30_000 })
    .not.toEqual([])
}
