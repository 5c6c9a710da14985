import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identityOf } from '../../../lib/process-identity.ts'
import { withLock } from './lock.ts'
import { makeFolder, removeFolder } from './open.contract.ts'

let folder: string
let path: string
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = await makeFolder()
  path = join(folder, 'a.lock')
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await removeFolder(folder)
})

/** Another process that takes the lock `rounds` times and notes when it comes in and goes out; -1 keeps it for good. */
function taker(rounds: number): ChildProcess {
  const source = `
    import { appendFileSync } from 'node:fs'
    import { setTimeout as sleep } from 'node:timers/promises'
    const { withLock } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)})
    const note = (what) => appendFileSync(${JSON.stringify(join(folder, 'notes'))}, what + ' ' + process.pid + '\\n')
    for (let round = 0; round !== ${rounds}; round++) await withLock(${JSON.stringify(path)}, async () => {
      note('in')
      console.log('in')
      await sleep(${rounds === -1 ? 600_000 : 'Math.random() * 5'})
      note('out')
    })`
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

async function deadOwner(): Promise<string> {
  const child = taker(-1)
  if (child.stdout) await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  return readFile(path, 'utf8')
}

test('lets one caller in at a time and leaves nothing behind, whether the work succeeds or not', async () => {
  let inside = 0
  const visit = (fails: boolean) =>
    withLock(path, async () => {
      inside += 1
      expect(inside).toBe(1)
      await turn()
      inside -= 1
      if (fails) throw new Error('no luck')
      return 'done'
    }).catch((error: Error) => error.message)
  const results = await Promise.all([false, true, false, true].map(visit))
  expect(results).toEqual(['done', 'no luck', 'done', 'no luck'])
  expect(await readdir(folder)).toEqual([])
})

test('takes over from a killed owner', async () => {
  await deadOwner()
  expect(await withLock(path, async () => 'mine')).toBe('mine')
})

test('takes over from a killed owner whose successor was killed while it removed the lock', async () => {
  const held = await deadOwner()
  const { token } = JSON.parse(held) as { token: string }
  await writeFile(`${path}.${token}`, held.replace(token, 'abcdef012345'))
  await writeFile(`${path}.0123456789ab.draft`, held)
  expect(await withLock(path, async () => 'mine')).toBe('mine')
  expect(await readdir(folder)).toEqual(['notes'])
})

test('waits for whoever is already removing the lock of a dead owner', async () => {
  const dead = await deadOwner()
  const { token } = JSON.parse(dead) as { token: string }
  await writeFile(`${path}.${token}`, JSON.stringify({ ...identityOf(process.pid), token: 'abcdef012345' }))
  await expect(withLock(path, async () => 'mine', { timeoutMs: 50 })).rejects.toThrow(`${path}.${token}`)
  expect(await readFile(path, 'utf8')).toBe(dead)
})

test('does not remove the lock of a dead owner once somebody else has taken its place', async () => {
  const { token } = JSON.parse(await deadOwner()) as { token: string }
  const living = JSON.stringify({ ...identityOf(process.pid), token: 'abcdef012345' })
  await writeFile(`${path}.${token}`, living)
  const refused = withLock(path, async () => 'mine', { timeoutMs: 200 }).catch((error: Error) => error.message)
  // By the time these are done it has seen the dead owner and waits for its removal.
  for (let at = 0; at < 5; at += 1) await readFile(path)
  await writeFile(join(folder, 'successor'), living)
  await rename(join(folder, 'successor'), path)
  await unlink(`${path}.${token}`)
  expect(await refused).toContain(`Process ${process.pid} has held ${path} `)
  expect(await readFile(path, 'utf8')).toBe(living)
})

test('takes over a lock whose content was lost with the power', async () => {
  await writeFile(path, '')
  expect(await withLock(path, async () => 'mine')).toBe('mine')
})

test('does not take a process for the owner that has its pid', async () => {
  const mine = identityOf(process.pid)
  if (mine?.startedAt == null) {
    // A system that does not say when a process started: the pid is all there is, and it lives.
    await writeFile(path, JSON.stringify({ ...mine, token: '0123456789ab' }))
    await expect(withLock(path, async () => 'mine', { timeoutMs: 50 })).rejects.toThrow(String(process.pid))
    return
  }
  await writeFile(path, JSON.stringify({ ...mine, startedAt: `${mine.startedAt}0`, token: '0123456789ab' }))
  expect(await withLock(path, async () => 'mine')).toBe('mine')
})

test('names the living owner that it waited for in vain', async () => {
  const child = taker(-1)
  if (child.stdout) await once(child.stdout, 'data')
  const refused = withLock(path, async () => 'mine', { timeoutMs: 50 })
  await expect(refused).rejects.toThrow(`Process ${child.pid} has held ${path}`)
  expect(await readFile(path, 'utf8')).toContain(`"pid":${child.pid}`)
})

test('processes that come and die at the same time still come in one after another', async () => {
  await deadOwner()
  await writeFile(join(folder, 'notes'), '')
  const takers = Array.from({ length: 4 }, () => taker(25))
  const dying = Array.from({ length: 3 }, () => taker(-1))
  await Promise.all([
    ...takers.map(async (child) => expect(await once(child, 'exit')).toEqual([0, null])),
    ...dying.map(async (child) => {
      if (child.stdout) await once(child.stdout, 'data')
      child.kill('SIGKILL')
    }),
  ])
  const notes = (await readFile(join(folder, 'notes'), 'utf8')).trim().split('\n')
  expect(notes).toHaveLength(4 * 25 * 2 + 3)
  const dead = dying.map((child) => `in ${child.pid}`)
  const alive = notes.filter((note) => !dead.includes(note))
  for (let at = 0; at < alive.length; at += 2) expect(alive[at + 1]).toBe(alive[at]?.replace('in', 'out'))
  // Whoever is killed inside is seen by the next one only after its death: nobody was in when it came.
  for (const note of dead) {
    const before = notes[notes.indexOf(note) - 1]
    expect(before === undefined || before.startsWith('out') || dead.includes(before)).toBe(true)
  }
})
