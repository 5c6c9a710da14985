import { ftruncateSync, mkdtempSync, readFileSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AppendCalls, createAppendFile } from './append-file.ts'

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-append-'))
  path = join(directory, 'file')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** A disk that takes so many bytes and then says that it is full. */
function nearlyFull(disk: { room: number; truncates: boolean }): AppendCalls {
  return {
    write: (descriptor, bytes, from, length) => {
      if (disk.room === 0) throw new Error('ENOSPC')
      const taken = writeSync(descriptor, bytes, from, Math.min(disk.room, length))
      disk.room -= taken
      return taken
    },
    truncate: (descriptor, size) => {
      if (!disk.truncates) throw new Error('EIO')
      ftruncateSync(descriptor, size)
    },
    sync: (_, done) => done(null),
  }
}

test('texts follow one another, in UTF-8', () => {
  const file = createAppendFile(path)
  file.append('grün\n')
  file.append('blau\n')
  expect(readFileSync(path, 'utf8')).toBe('grün\nblau\n')
  expect(file.size).toBe(11)
})

test('a write that the system takes in parts is one write', () => {
  const file = createAppendFile(path, {
    ...nearlyFull({ room: 0, truncates: true }),
    write: (descriptor, bytes, from) => writeSync(descriptor, bytes, from, 1),
  })
  file.append('whole\n')
  expect(readFileSync(path, 'utf8')).toBe('whole\n')
})

test('of a text for which there is not enough room nothing stays', () => {
  const disk = { room: 8, truncates: true }
  const file = createAppendFile(path, nearlyFull(disk))
  file.append('first\n')
  expect(() => file.append('second\n')).toThrow('ENOSPC')
  expect(readFileSync(path, 'utf8')).toBe('first\n')
  disk.room = 100
  file.append('third\n')
  expect(readFileSync(path, 'utf8')).toBe('first\nthird\n')
})

test('where it cannot be cut off, the next text begins on a line of its own', () => {
  const disk = { room: 8, truncates: false }
  const file = createAppendFile(path, nearlyFull(disk))
  file.append('first\n')
  expect(() => file.append('second\n')).toThrow('ENOSPC')
  expect(() => file.append('second\n')).toThrow('ENOSPC')
  disk.room = 100
  file.append('third\n')
  file.append('fourth\n')
  expect(readFileSync(path, 'utf8').split('\n')).toEqual(['first', 'se', 'third', 'fourth', ''])
})

test('a flush covers what was written before, and those who ask while one runs share the next', async () => {
  const flushes: { readonly upTo: number; readonly done: (error: Error | null) => void }[] = []
  const file = createAppendFile(path, {
    ...nearlyFull({ room: 1_000, truncates: true }),
    sync: (_, done) => flushes.push({ upTo: readFileSync(path).length, done }),
  })
  const told: string[] = []
  const flush = (name: string): Promise<unknown> =>
    file.sync().then(
      () => told.push(name),
      () => told.push(`${name} failed`),
    )
  file.append('one\n')
  const first = flush('first')
  file.append('two\n')
  const others = [flush('second'), flush('third')]
  expect(flushes.map(({ upTo }) => upTo)).toEqual([4])
  flushes[0]?.done(null)
  await first
  expect(told).toEqual(['first'])
  await new Promise((resolve) => setImmediate(resolve))
  expect(flushes.map(({ upTo }) => upTo)).toEqual([4, 8])
  flushes[1]?.done(new Error('EIO'))
  await Promise.all(others)
  expect(told).toEqual(['first', 'second failed', 'third failed'])
  const last = flush('last')
  flushes[2]?.done(null)
  await last
  expect(told.at(-1)).toBe('last')
})

test('a real disk takes a flush', async () => {
  const file = createAppendFile(path)
  file.append('text\n')
  await file.sync()
  expect(readFileSync(path, 'utf8')).toBe('text\n')
})

test('an existing file is not touched', () => {
  createAppendFile(path).append('mine\n')
  expect(() => createAppendFile(path)).toThrow('EEXIST')
  expect(readFileSync(path, 'utf8')).toBe('mine\n')
})

test('closing and removing twice is harmless', () => {
  const file = createAppendFile(path)
  file.close()
  file.close()
  file.remove()
  file.remove()
  file.touch()
  expect(() => readFileSync(path)).toThrow('ENOENT')
})
