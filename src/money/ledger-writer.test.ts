import { describe, expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Settlement } from '../storage/contracts/ledger-store.ts'
import type { KeptNote } from './dispatch-file.ts'
import type { KeptSettlement } from './dispatch-line.ts'
import { LedgerWriter, type LedgerWriterOptions, type Written } from './ledger-writer.ts'
import { CENT, closedWith, usageRow } from './money.contract.ts'
import { SILENT } from './money-log.ts'

const settlement = (id: string): Settlement => ({ ...closedWith(usageRow(id, CENT)), postings: [] })
const idsOf = (batch: readonly Settlement[]): string[] => batch.map((one) => one.usage[0]?.id ?? '')
const unavailable = (): GatewayError => new GatewayError('ledger_unavailable', 'down')

/** A writer over a store that does what the test says with each batch. */
function writerOver(
  settle: (batch: readonly string[]) => Promise<void>,
  waitMs = 2_000,
  changes: Partial<LedgerWriterOptions> = {},
) {
  const batches: string[][] = []
  const writer = new LedgerWriter({
    store: {
      settle: (_, settlements) => {
        batches.push(idsOf(settlements))
        return settle(idsOf(settlements))
      },
    },
    instanceId: () => 'me',
    waitMs,
    pauseMs: 1,
    mostPauseMs: 4,
    log: SILENT,
    ...changes,
  })
  return { writer, batches }
}

/** What a test hears of its settlement. */
function told(changes: Partial<{ durable: () => unknown; kept: () => unknown }>): Written {
  return {
    attempts: ['at'],
    kept: () => void changes.kept?.(),
    durable: () => void changes.durable?.(),
  }
}

/** A door that lets waiting work through when it is opened. */
function door() {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('ledger writer', () => {
  test('what arrives while one transaction runs goes into the next', async () => {
    const first = door()
    const { writer, batches } = writerOver(() => first.opened)
    const early = writer.write(settlement('a'))
    await new Promise((resolve) => setImmediate(resolve))
    const late = ['b', 'c', 'd'].map((id) => writer.write(settlement(id)))
    first.open()
    await Promise.all([early, ...late])
    expect(batches).toEqual([['a'], ['b', 'c', 'd']])
  })

  test('what arrives in the same moment shares one transaction, up to 256', async () => {
    const { writer, batches } = writerOver(async () => undefined)
    await Promise.all(Array.from({ length: 600 }, (_, index) => writer.write(settlement(`s${index}`))))
    expect(batches.map((batch) => batch.length)).toEqual([256, 256, 88])
  })

  test('a write resolves when it is durable, not before', async () => {
    const commit = door()
    const { writer } = writerOver(() => commit.opened)
    const seen: string[] = []
    const written = writer
      .write(settlement('a'), told({ durable: () => seen.push('durable') }))
      .then(() => seen.push('answered'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual([])
    commit.open()
    await written
    expect(seen).toEqual(['durable', 'answered'])
  })

  test('a failed transaction is tried again until the ledger is back, and nobody who waits notices', async () => {
    let failures = 5
    const { writer, batches } = writerOver(async () => {
      failures -= 1
      if (failures >= 0) throw unavailable()
    })
    await Promise.all(['a', 'b', 'c'].map((id) => writer.write(settlement(id))))
    expect(new Set(batches.slice(5).flat())).toEqual(new Set(['a', 'b', 'c']))
  })

  test('a caller waits for a bounded time; its settlement is written when the ledger is back', async () => {
    let down = true
    const late = door()
    const { writer } = writerOver(async () => {
      if (down) throw unavailable()
    }, 20)
    await expect(writer.write(settlement('a'), told({ durable: late.open }))).rejects.toMatchObject({
      code: 'ledger_unavailable',
    })
    down = false
    await late.opened
  })

  test('a settlement that the ledger never takes does not keep out the others', async () => {
    const { writer } = writerOver(async (batch) => {
      if (batch.includes('bad')) throw unavailable()
    }, 500)
    const ids = ['a', 'b', 'bad', 'c', 'd', 'e', 'f', 'g', 'h']
    const written = ids.map((id) => writer.write(settlement(id)))
    await Promise.all(written.filter((_, index) => ids[index] !== 'bad'))
    writer.stop()
    await expect(Promise.race([written[2], Promise.resolve('still waiting')])).resolves.toBe('still waiting')
    await expect(written[2]).rejects.toMatchObject({ code: 'ledger_unavailable' })
  })

  test('nothing is written twice by the writer itself', async () => {
    let turn = 0
    const { writer, batches } = writerOver(async () => {
      turn += 1
      if (turn % 3 === 0) throw unavailable()
    })
    await Promise.all(Array.from({ length: 1000 }, (_, index) => writer.write(settlement(`s${index}`))))
    const committed = batches.filter((_, index) => (index + 1) % 3 !== 0).flat()
    expect(committed).toHaveLength(1000)
    expect(new Set(committed).size).toBe(1000)
  })

  test('idle waits for everything, or for as long as it was told', async () => {
    const commit = door()
    const { writer } = writerOver(() => commit.opened)
    let durable = false
    const written = writer.write(
      settlement('a'),
      told({
        durable: () => {
          durable = true
        },
      }),
    )
    await writer.idle(10)
    expect(durable).toBe(false)
    commit.open()
    await writer.idle(60_000)
    expect(durable).toBe(true)
    await written
  })

  test('what a running transaction may still write counts as not written', async () => {
    const { writer } = writerOver(() => new Promise(() => undefined), 20)
    const written = writer.write(settlement('a'))
    await writer.idle(5)
    expect(writer.stop()).toBe(1)
    await expect(written).rejects.toMatchObject({ code: 'ledger_unavailable' })
  })

  test('stopping tells how much is not written', async () => {
    const { writer } = writerOver(async () => {
      throw unavailable()
    }, 30)
    const writes = Promise.allSettled(['a', 'b'].map((id) => writer.write(settlement(id))))
    await writer.idle(5)
    expect(writer.stop()).toBe(2)
    expect((await writes).every((one) => one.status === 'rejected')).toBe(true)
  })
})

/** A journal that is as safe as the test says. */
function journal(safe: () => Promise<void> = async () => undefined) {
  const kept: KeptSettlement[] = []
  let done = 0
  return {
    kept,
    done: () => done,
    keep: (settlement: KeptSettlement): KeptNote => {
      kept.push(settlement)
      const note = {
        safe: safe(),
        done: () => {
          done += 1
        },
      }
      return note
    },
  }
}

describe('ledger writer with a journal', () => {
  test('a settlement that the ledger cannot take is kept, its caller waits no longer, and the ledger has it once it is back', async () => {
    let down = true
    const book = journal()
    const seen: string[] = []
    const late = door()
    const { writer } = writerOver(
      async () => {
        if (down) throw unavailable()
      },
      60_000,
      { journal: book },
    )
    await writer.write(
      settlement('a'),
      told({
        kept: () => seen.push('kept'),
        durable: () => {
          seen.push('durable')
          late.open()
        },
      }),
    )
    expect(seen).toEqual(['kept'])
    expect(book.kept).toEqual([{ settlement: settlement('a'), attempts: ['at'] }])
    expect(writer.backlog).toBe(1)
    down = false
    await late.opened
    expect([seen, book.done(), writer.backlog]).toEqual([['kept', 'durable'], 1, 0])
  })

  test('its caller waits for the disk', async () => {
    const flushed = door()
    const { writer } = writerOver(() => Promise.reject(unavailable()), 60_000, {
      journal: journal(() => flushed.opened),
    })
    let answered = false
    const written = writer.write(settlement('a'), told({})).then(() => {
      answered = true
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(answered).toBe(false)
    flushed.open()
    await written
    writer.stop()
  })

  test('while the ledger is known to be away nobody waits for it to say so, nor does what is under way when it goes', async () => {
    let away = false
    const book = journal()
    const { writer } = writerOver(() => new Promise(() => undefined), 60_000, { journal: book, away: () => away })
    const before = writer.write(settlement('a'), told({}))
    await new Promise((resolve) => setImmediate(resolve))
    away = true
    writer.keepAll()
    await before
    await writer.write(settlement('b'), told({}))
    expect(book.kept.map((one) => idsOf([one.settlement])[0])).toEqual(['a', 'b'])
  })

  test('a settlement that the ledger took while it was being kept is heard of once', async () => {
    const flushed = door()
    const seen: string[] = []
    const commit = door()
    const book = journal(() => flushed.opened)
    const { writer } = writerOver(() => commit.opened, 60_000, { journal: book })
    const written = writer.write(
      settlement('a'),
      told({ kept: () => seen.push('kept'), durable: () => seen.push('durable') }),
    )
    await new Promise((resolve) => setImmediate(resolve))
    writer.keepAll()
    commit.open()
    await written
    flushed.open()
    await new Promise((resolve) => setImmediate(resolve))
    expect([seen, book.done()]).toEqual([['durable'], 1])
  })

  test('when the disk takes nothing, the caller waits for the ledger as if there were no journal', async () => {
    let down = true
    const { writer } = writerOver(
      async () => {
        if (down) throw unavailable()
      },
      60_000,
      { journal: journal(() => Promise.reject(new Error('EIO'))) },
    )
    const written = writer.write(settlement('a'), told({}))
    await new Promise((resolve) => setTimeout(resolve, 10))
    down = false
    await written
  })

  test('nobody waits for a record without money while the ledger is away', async () => {
    const { writer } = writerOver(() => new Promise(() => undefined), 60_000, { away: () => true })
    await writer.write(settlement('a'))
    expect(writer.backlog).toBe(1)
  })
})
