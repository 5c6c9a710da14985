import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolder, removeFolder } from './open.contract.ts'
import { openServerLog } from './server-log.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await makeFolder()
  path = join(folder, 'postgres.log')
})

afterEach(() => removeFolder(folder))

test('tells what was written since it was opened and keeps what was there', async () => {
  await writeFile(path, 'before\n')
  const log = await openServerLog(path)
  expect(await log.written()).toBe('')
  await writeFile(path, 'after\n', { flag: 'a' })
  expect(await log.written()).toBe('after\n')
  await log.close()
  expect(await readFile(path, 'utf8')).toBe('before\nafter\n')
})

test('sets a long log aside', async () => {
  await writeFile(path, Buffer.alloc(5_000_000, 'x'))
  await (await openServerLog(path)).close()
  expect(await readFile(path, 'utf8')).toBe('')
  expect((await stat(`${path}.1`)).size).toBe(5_000_000)
})

test('is for its owner alone: it may name what was asked', async () => {
  await (await openServerLog(path)).close()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})
