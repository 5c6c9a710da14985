import { expect, test } from 'vitest'
import { batchMessage } from './batch-message.ts'

/** The messages in some bytes: each its letter and what follows the length. */
function messagesIn(bytes: Buffer): readonly string[] {
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32BE(at + 1)
    found.push(bytes.toString('latin1', at, at + 1) + bytes.toString('latin1', at + 5, at + 1 + length))
    at += 1 + length
  }
  return found
}

test('each statement is parsed, bound and executed, and one sync commits them all', () => {
  const bytes = batchMessage(
    [
      { text: 'select $1', values: ['é'] },
      { text: 'select', values: [] },
    ],
    null,
  )
  expect(messagesIn(bytes)).toEqual([
    'P\0select $1\0\0\0',
    'B\0\0\0\0\0\u0001\0\0\0\u0002\u00c3\u00a9\0\0',
    'E\0\0\0\0\0',
    'P\0select\0\0\0',
    'B\0\0\0\0\0\0\0\0',
    'E\0\0\0\0\0',
    'S',
  ])
})

test('a connection is told a statement once, under a name that is made of the text', () => {
  const known = new Set<string>()
  const [one, other] = [
    { text: 'select $1', values: ['é'] },
    { text: 'select', values: [] },
  ]
  const first = messagesIn(batchMessage([one, one], known))
  const [name = ''] = known
  expect(name).toMatch(/^headgate_[0-9a-f]{32}$/)
  const run = [`B\0${name}\0\0\0\0\u0001\0\0\0\u0002\u00c3\u00a9\0\0`, 'E\0\0\0\0\0']
  expect(first).toEqual([`CS${name}\0`, `P${name}\0select $1\0\0\0`, ...run, ...run, 'S'])
  const second = messagesIn(batchMessage([one, other], known))
  const otherName = [...known][1] ?? ''
  expect(otherName).not.toBe(name)
  expect(second).toEqual([
    ...run,
    `CS${otherName}\0`,
    `P${otherName}\0select\0\0\0`,
    `B\0${otherName}\0\0\0\0\0\0\0`,
    'E\0\0\0\0\0',
    'S',
  ])
})
