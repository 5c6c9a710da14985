import { expect, it } from 'vitest'
import type { KeptReply } from '../../storage/contracts/idempotency-store.ts'
import { TappedStream } from './tapped-stream.ts'

/** A stream of pieces, whose books are closed with the last one, and what the reader and the store saw, in order. */
function watched(pieces: readonly string[], { mostBytes = 1_000, closesAt = pieces.length - 1 } = {}) {
  const seen: unknown[] = []
  let given = 0
  async function* source() {
    for (const piece of pieces) {
      given += 1
      yield piece
    }
  }
  const finish = async (copy: KeptReply | null, whole: boolean) => {
    seen.push({ copy: copy?.body.toString() ?? null, whole })
  }
  const copying = {
    bytesOf: (piece: string) => piece,
    copyOf: (bytes: readonly Buffer[]) => ({ head: {}, body: Buffer.concat(bytes) }),
  }
  const stream = new TappedStream(source(), copying, { mostBytes, isClosed: () => given > closesAt, finish })
  return { seen, stream }
}

it('keeps the copy before the reader has the last piece, and holds no other piece back', async () => {
  const { seen, stream } = watched(['a', 'b', 'c'])
  for await (const piece of stream) seen.push(piece)
  expect(seen).toEqual(['a', 'b', { copy: 'abc', whole: true }, 'c'])
})

it('keeps the copy of a stream whose books were not closed when it is over', async () => {
  const { seen, stream } = watched(['a', 'b'], { closesAt: 5 })
  for await (const piece of stream) seen.push(piece)
  expect(seen).toEqual(['a', 'b', { copy: 'ab', whole: true }])
})

it('says that a copy is not whole when the reader leaves', async () => {
  const { seen, stream } = watched(['a', 'b', 'c'])
  for await (const piece of stream) {
    seen.push(piece)
    break
  }
  expect(seen).toEqual(['a', { copy: 'a', whole: false }])
})

it('copies no more than it may', async () => {
  const { seen, stream } = watched(['aaaa', 'bbbb', 'c'], { mostBytes: 6 })
  for await (const piece of stream) seen.push(piece)
  expect(seen).toEqual(['aaaa', 'bbbb', { copy: null, whole: true }, 'c'])
})

it('takes a stream that fails for over', async () => {
  const seen: unknown[] = []
  async function* source() {
    yield 'a'
    throw new Error('broken')
  }
  const copying = { bytesOf: (piece: string) => piece, copyOf: () => ({ head: {}, body: Buffer.alloc(0) }) }
  const finish = async (_: KeptReply | null, whole: boolean) => void seen.push(whole)
  const stream = new TappedStream(source(), copying, { mostBytes: 10, isClosed: () => false, finish })
  await stream.next()
  await expect(stream.next()).rejects.toThrow('broken')
  await stream.return()
  expect(seen).toEqual([true])
})
