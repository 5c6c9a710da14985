import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkDataDirectory } from './data-directory.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-doctor-'))
afterAll(() => rmSync(folder, { recursive: true }))

const about = async (path: string) => (await checkDataDirectory(path)).filter((one) => one.about === 'data directory')

test('a directory that is not there can be made, and its disk is looked at all the same', async () => {
  const path = join(folder, 'not', 'there')
  expect(await about(path)).toEqual([
    { about: 'data directory', verdict: 'ok', says: `${path} is not there yet and can be made` },
  ])
  const disk = (await checkDataDirectory(path)).find((one) => one.about === 'disk')
  expect(disk?.says).toMatch(/^\d+ [MG]B free$/)
})

test('a file is no directory', async () => {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  expect(await about(path)).toMatchObject([{ verdict: 'fail', says: `${path} is not a directory` }])
})

test('what other users may do is said, with the command that ends it', async () => {
  const path = join(folder, 'data')
  mkdirSync(path)
  writeFileSync(join(path, 'postgres-password'), 'x')
  chmodSync(join(path, 'postgres-password'), 0o644)
  chmodSync(path, 0o777)
  expect(await about(path)).toMatchObject([
    { verdict: 'warn', says: `other users may write to ${path}`, advice: `chmod go-w ${path}` },
    {
      verdict: 'fail',
      says: expect.stringContaining('postgres-password'),
      advice: expect.stringMatching(/^chmod 600 /),
    },
  ])
  chmodSync(join(path, 'postgres-password'), 0o600)
  chmodSync(path, 0o711)
  expect(await about(path)).toMatchObject([{ verdict: 'ok' }])
})
