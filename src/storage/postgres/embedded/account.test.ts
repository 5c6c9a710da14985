import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closedFolder, unprivilegedAccount } from './account.ts'
import { makeFolder, removeFolder } from './open.contract.ts'

let folder: string

beforeEach(async () => {
  folder = await makeFolder()
})

afterEach(() => removeFolder(folder))

const NOBODY = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin'
const POSTGRES = 'postgres:x:101:104::/var/lib/postgresql:/bin/bash'

test('takes the account postgres when there is one, else nobody', () => {
  expect(unprivilegedAccount(`root:x:0:0::/:\n${NOBODY}\n${POSTGRES}\n`)).toEqual({
    name: 'postgres',
    uid: 101,
    gid: 104,
  })
  expect(unprivilegedAccount(`root:x:0:0::/:\n${NOBODY}\n`)).toEqual({ name: 'nobody', uid: 65534, gid: 65533 })
  expect(unprivilegedAccount('nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false').uid).toBe(4294967294)
})

test('never takes one with the rights of root, and says what to do when there is no other', () => {
  expect(unprivilegedAccount(`postgres:x:0:0::/:\n${NOBODY}`).name).toBe('nobody')
  expect(() => unprivilegedAccount('postgres:x:0:0::/:')).toThrow(/neither an account "postgres" nor "nobody"/)
})

test('finds the folder that an account may not enter, by owner, group and others', async () => {
  const inner = join(folder, 'outer', 'inner')
  await mkdir(inner, { recursive: true })
  const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 }
  const owner = { name: 'owner', uid: process.geteuid?.() ?? 0, gid: 54_321 }
  const member = { name: 'member', uid: 54_321, gid: process.getegid?.() ?? 0 }
  expect(await closedFolder(inner, stranger)).toBeNull()
  await chmod(join(folder, 'outer'), 0o700)
  expect(await closedFolder(inner, stranger)).toBe(join(folder, 'outer'))
  expect(await closedFolder(inner, member)).toBe(join(folder, 'outer'))
  expect(await closedFolder(inner, owner)).toBeNull()
  await chmod(join(folder, 'outer'), 0o710)
  expect(await closedFolder(inner, member)).toBeNull()
  expect(await closedFolder(inner, stranger)).toBe(join(folder, 'outer'))
  await chmod(join(folder, 'outer'), 0o711)
  await chmod(inner, 0o600)
  expect(await closedFolder(inner, stranger)).toBe(inner)
  await chmod(inner, 0o755)
})
