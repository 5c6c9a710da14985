import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { spanRowsIn } from '../storage/columns/span-groups.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'
import { type AppendFile, createAppendFile } from './append-file.ts'
import { dispatchDirectory } from './dispatch-directory.ts'
import { DispatchFile, noDispatchLog } from './dispatch-file.ts'
import { attemptLine, keptLine, readLine, readOwnerLine, takenBackLine } from './dispatch-line.ts'
import { CENT, closedWith, DOLLAR, usageRow } from './money.contract.ts'

const window: BudgetWindow = {
  key: 'tenant=acme/usd/day',
  windowId: 'day:2026-11-21',
  unit: 'usd',
  limit: DOLLAR,
  endsAt: 1_795_302_000_000,
}
const owner = { instanceId: 'gw_1', machine: 'host/ns', pid: 4711, startedAt: 'boot/99' }
const presumed = (id: string) => usageRow(id, CENT, { status: 'presumed_spent' })
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-dispatch-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const files = (): string[] => readdirSync(directory).sort()
const linesOf = (name: string): string[] => readFileSync(join(directory, name), 'utf8').split('\n')

/** A disk that takes so many bytes more. */
function disk(): { room: number; create: (name: string) => AppendFile } {
  const state = {
    room: Number.POSITIVE_INFINITY,
    create: (name: string): AppendFile => {
      const file = createAppendFile(join(directory, name))
      return {
        get size() {
          return file.size
        },
        append: (text) => {
          if (text.length > state.room) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          file.append(text)
          state.room -= text.length
        },
        sync: () => file.sync(),
        touch: () => file.touch(),
        close: () => file.close(),
        remove: () => file.remove(),
      }
    },
  }
  return state
}

describe('dispatch file', () => {
  test('says whose it is, then what was sent, before note returns', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    log.note(presumed('at_1'), [window])
    const [first = '', second = '', rest] = linesOf('gw_1.1.jsonl')
    expect(readOwnerLine(first)).toEqual(owner)
    expect(readLine(second)).toEqual({
      attempt: { usage: [presumed('at_1')], request: null, spans: [], postings: [{ window, spent: CENT }] },
    })
    expect(rest).toBe('')
  })

  test('is there before anything is sent, until the end, and after a new id', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    log.announce()
    log.announce()
    expect(files()).toEqual(['gw_1.1.jsonl'])
    log.note({ ...presumed('at_long'), model: 'x'.repeat(4 * 1024 * 1024) }, [window]).done(false)
    expect(files()).toEqual(['gw_1.2.jsonl'])
    log.rename('gw_2')
    expect(files()).toEqual(['gw_2.1.jsonl'])
    const open = log.note(presumed('at_1'), [window])
    log.close()
    open.done(false)
    log.touch()
    expect(files()).toEqual(['gw_2.1.jsonl'])
  })

  test('a sign that could not be left is left when there is room', () => {
    const small = disk()
    small.room = 0
    const log = new DispatchFile(small, owner)
    log.announce()
    expect(files()).toEqual([])
    small.room = 10_000
    log.touch()
    expect(files()).toHaveLength(1)
  })

  test('only its user may read it', () => {
    new DispatchFile(dispatchDirectory(directory), owner).note(presumed('at_1'), [])
    expect(statSync(join(directory, 'gw_1.1.jsonl')).mode & 0o777).toBe(0o600)
  })

  test('a small file is kept when everything in it is done, so that quiet times make no new ones', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    for (let count = 0; count < 10; count += 1) log.note(presumed(`at_${count}`), [window]).done(false)
    expect(files()).toEqual(['gw_1.1.jsonl'])
    expect(log.open).toBe(0)
  })

  test('segments go when all their attempts are done, and not before', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    const long = presumed('at_long')
    const first = log.note({ ...long, model: 'x'.repeat(4 * 1024 * 1024) }, [window])
    expect(files()).toEqual(['gw_1.1.jsonl'])
    const second = log.note(presumed('at_2'), [window])
    expect(files()).toEqual(['gw_1.1.jsonl', 'gw_1.2.jsonl'])
    expect(log.open).toBe(2)
    first.done(false)
    expect(files()).toEqual(['gw_1.2.jsonl'])
    second.done(false)
    log.close()
    expect(files()).toEqual([])
  })

  test('a busy file does not grow without end', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    let notes = Array.from({ length: 8 }, (_, index) => log.note(presumed(`at_${index}`), [window]))
    for (let count = 0; count < 30_000; count += 1) {
      const [oldest, ...others] = notes
      oldest?.done(false)
      notes = [...others, log.note(presumed(`at_n${count}`), [window])]
    }
    const bytes = files().reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
    expect(bytes).toBeLessThan(9 * 1024 * 1024)
  })

  test('an attempt that needs no row is taken back', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    log.note(presumed('at_1'), [window]).done(true)
    expect(linesOf('gw_1.1.jsonl').at(-2)).toBe(takenBackLine('at_1').trim())
    expect(readLine(takenBackLine('at_1'))).toEqual({ takenBack: 'at_1' })
  })

  test('a settlement is kept until the ledger has it', async () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    const attempt = log.note(presumed('at_1'), [window])
    const settlement = {
      ...closedWith(usageRow('at_1', CENT)),
      postings: [{ window, spent: CENT, usageIds: ['at_1'] }],
    }
    const kept = log.keep({ settlement, attempts: ['at_1', 'at_2'] })
    await kept.safe
    expect(readLine(linesOf('gw_1.1.jsonl').at(-2) ?? '')).toEqual({ settlement, attempts: ['at_1', 'at_2'] })
    expect(log.open).toBe(2)
    attempt.done(false)
    log.close()
    expect(files()).toEqual(['gw_1.1.jsonl'])
    kept.done()
    expect(log.open).toBe(0)
  })

  test('a settlement that an earlier version kept has its spans as rows', () => {
    const span = { id: 'b', traceId: 'tr', parentId: 'a', tenantId: 'acme', name: 'route', kind: 'gateway' }
    const row = { ...span, start: 5, end: 7.25, status: 'ok', attributes: { tokens: 1 } } as const
    const settlement = { ...closedWith(usageRow('at_1', CENT)), postings: [] }
    const line = keptLine({ settlement, attempts: [] }).replace('"spans":[]', `"spans":${JSON.stringify([row])}`)
    const read = readLine(line)
    expect(read && 'settlement' in read && read.settlement.spans.flatMap(spanRowsIn)).toEqual([row])
  })

  test('a settlement for which there is no room is not kept', () => {
    const small = disk()
    const log = new DispatchFile(small, owner)
    log.announce()
    small.room = 10
    const settlement = { ...closedWith(usageRow('at_1', CENT)), postings: [] }
    expect(() => log.keep({ settlement, attempts: [] })).toThrow('no space left')
    expect(() => noDispatchLog().keep({ settlement, attempts: [] })).toThrow(/no file/)
    expect(log.open).toBe(0)
  })

  test('closing leaves what is not done to a successor', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    const note = log.note(presumed('at_1'), [window])
    log.close()
    expect(files()).toEqual(['gw_1.1.jsonl'])
    note.done(false)
  })

  test('after a new id, attempts are noted under it', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    log.note(presumed('at_1'), [window])
    log.rename('gw_2')
    log.note(presumed('at_2'), [window])
    expect(files()).toEqual(['gw_1.1.jsonl', 'gw_2.1.jsonl'])
    expect(readOwnerLine(linesOf('gw_2.1.jsonl')[0] ?? '')?.instanceId).toBe('gw_2')
  })

  test('a full disk refuses the call, and calls are taken again when there is room', () => {
    const small = disk()
    const log = new DispatchFile(small, owner)
    log.note(presumed('at_1'), [window])
    small.room = 10
    expect(() => log.note(presumed('at_2'), [window])).toThrow(GatewayError)
    expect(() => log.note(presumed('at_2'), [window])).toThrow(/disk space/)
    expect(log.open).toBe(1)
    small.room = 10_000
    log.note(presumed('at_3'), [window])
    const read = linesOf('gw_1.1.jsonl').slice(1, -1).map(readLine)
    expect(read.map((line) => line && 'attempt' in line && line.attempt.usage[0]?.id)).toEqual(['at_1', 'at_3'])
  })

  test('on a full disk an attempt that needs no row is done, and at worst presumed', () => {
    const small = disk()
    const log = new DispatchFile(small, owner)
    const note = log.note(presumed('at_1'), [window])
    small.room = 0
    note.done(true)
    expect(log.open).toBe(0)
    const left = linesOf('gw_1.1.jsonl').slice(1, -1).map(readLine)
    expect(left).toMatchObject([{ attempt: { usage: [{ id: 'at_1' }] } }])
  })

  test('a disk that has no room for the next file refuses calls, keeps what is open, and goes on in it when there is room', () => {
    const small = disk()
    const log = new DispatchFile(small, owner)
    const long = log.note({ ...presumed('at_long'), model: 'x'.repeat(4 * 1024 * 1024) }, [window])
    small.room = 20
    for (let count = 0; count < 3; count += 1) expect(() => log.note(presumed('at_2'), [window])).toThrow(/disk space/)
    log.touch()
    expect([files(), log.open]).toEqual([['gw_1.1.jsonl'], 1])
    long.done(false)
    expect(log.open).toBe(0)
    small.room = 10_000
    log.note(presumed('at_3'), [window])
    const [only, ...others] = files()
    expect(others).toEqual([])
    expect(readOwnerLine(linesOf(only ?? '')[0] ?? '')).toEqual(owner)
  })

  test('a disk that is full from the start refuses calls and leaves no empty files', () => {
    const small = disk()
    small.room = 0
    const log = new DispatchFile(small, owner)
    expect(() => log.note(presumed('at_1'), [window])).toThrow(GatewayError)
    expect(files()).toEqual([])
    small.room = 10_000
    log.note(presumed('at_1'), [window])
    expect(linesOf(files()[0] ?? '')).toHaveLength(3)
  })

  test('touching says that the owner lives', () => {
    const log = new DispatchFile(dispatchDirectory(directory), owner)
    log.note(presumed('at_1'), [window])
    const path = join(directory, 'gw_1.1.jsonl')
    const before = statSync(path).mtimeMs
    const touched = (): boolean => {
      log.touch()
      return statSync(path).mtimeMs > before
    }
    while (!touched());
  })

  test('without a directory nothing is noted and nothing fails', () => {
    const log = noDispatchLog()
    log.note(presumed('at_1'), [window]).done(true)
    log.touch()
    log.rename('gw_2')
    log.close()
    expect(log.open).toBe(0)
  })
})

describe('dispatch lines', () => {
  test('a line says every amount exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 30n), fc.bigInt(0n, 10n ** 30n), fc.string(), (cost, limit, key) => {
        const line = readLine(attemptLine({ ...presumed('a'), cost, model: key }, [{ ...window, key, limit }]))
        const postings = [{ window: { ...window, key, limit }, spent: cost }]
        expect(line).toEqual({
          attempt: { usage: [{ ...presumed('a'), cost, model: key }], request: null, spans: [], postings },
        })
      }),
    )
  })

  test('a line says every field of its row', () => {
    const row = presumed('at_1')
    for (const field of Object.keys(row) as (keyof typeof row)[]) {
      if (row[field] !== null && typeof row[field] !== 'string') continue
      const other = { ...row, [field]: field === 'charge' ? 7n : 'other' }
      expect(readLine(attemptLine(other, [window]))).toMatchObject({ attempt: { usage: [other] } })
    }
  })

  test('a line of an earlier version has the row’s fields by name, and its amounts as text', () => {
    const row = { ...presumed('at_1'), region: 'eu' }
    const written = JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value))
    const windows = `[${JSON.stringify({ ...window, limit: String(window.limit) })}]`
    const read = readLine(`{"row":${written},"windows":${windows},"first":true}`)
    expect(read).toEqual(readLine(attemptLine(row, [window])))
    expect(read).toMatchObject({ attempt: { usage: [row] } })
  })

  test('a line that was cut anywhere says nothing', () => {
    const line = attemptLine(presumed('at_1'), [window]).trim()
    for (let length = 0; length < line.length; length += 1) expect(readLine(line.slice(0, length))).toBeNull()
    expect(readLine(line)).not.toBeNull()
    for (const other of ['null', '3', '{}', '{"row":{}}', '{"row":{"id":"x"},"windows":[3]}'])
      expect(readLine(other)).toBeNull()
  })

  test('a first line that is not one says nothing', () => {
    for (const line of ['', '{', '{}', '{"headgate":1}', '{"headgate":2,"instanceId":"x","machine":"m","pid":1}']) {
      expect(readOwnerLine(line)).toBeNull()
    }
  })
})
