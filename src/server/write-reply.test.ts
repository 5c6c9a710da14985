import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HttpReply } from '../gateway/http-call.ts'
import { READER_PATIENCE_MS } from '../gateway/stages/settle-stream.ts'
import { writeReply } from './write-reply.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A response whose client takes only what the test lets it. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = []
  destroyed = false
  writableLength = 0
  takes = true

  writeHead(_status: number, headers: Record<string, unknown>): void {
    if (Object.values(headers).includes('\u0000')) throw new TypeError('Invalid character in header content')
  }

  write(chunk: string): boolean {
    this.written.push(chunk)
    return this.takes
  }

  end(chunk?: string): void {
    if (chunk !== undefined) this.written.push(chunk)
    if (!this.takes) this.writableLength = 1
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function streamOf(...chunks: string[]) {
  const returned = vi.fn(async () => ({ done: true as const, value: undefined }))
  const next = async () => {
    const value = chunks.shift()
    return value === undefined ? { done: true as const, value: undefined } : { done: false as const, value }
  }
  const body = { [Symbol.asyncIterator]: () => ({ next, return: returned }) }
  return { returned, reply: (headers: Record<string, string> = {}): HttpReply => ({ status: 200, headers, body }) }
}

const write = (response: FakeResponse, reply: HttpReply) => writeReply(response as unknown as ServerResponse, reply)

describe('a streamed reply', () => {
  it('is written piece by piece, and a body that ended is not returned', async () => {
    const response = new FakeResponse()
    const { reply, returned } = streamOf('one', '', 'two')
    await write(response, reply())
    expect(response.written).toEqual(['one', 'two'])
    expect(returned).not.toHaveBeenCalled()
  })

  it('returns its body when it cannot even begin', async () => {
    const { reply, returned } = streamOf('one')
    await expect(write(new FakeResponse(), reply({ 'x-odd': '\u0000' }))).rejects.toThrow('Invalid character')
    expect(returned).toHaveBeenCalledOnce()
  })

  it('waits for a slow client, and returns its body when that one leaves', async () => {
    const response = new FakeResponse()
    response.takes = false
    const { reply, returned } = streamOf('one', 'two', 'three')
    const writing = write(response, reply())
    await vi.advanceTimersByTimeAsync(READER_PATIENCE_MS - 1)
    expect(response.written).toEqual(['one'])
    response.emit('drain')
    await vi.advanceTimersByTimeAsync(1)
    expect(response.written).toEqual(['one', 'two'])
    response.destroy()
    await writing
    expect(returned).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is given up when its client takes nothing for minutes', async () => {
    const response = new FakeResponse()
    response.takes = false
    const { reply, returned } = streamOf('one', 'two')
    const writing = write(response, reply())
    await vi.advanceTimersByTimeAsync(READER_PATIENCE_MS)
    await writing
    expect(response.destroyed).toBe(true)
    expect(returned).toHaveBeenCalledOnce()
  })

  it('of a client that left before is returned unread', async () => {
    const response = new FakeResponse()
    response.destroyed = true
    const { reply, returned } = streamOf('one')
    await write(response, reply())
    expect(response.written).toEqual([])
    expect(returned).toHaveBeenCalledOnce()
  })
})

describe('a whole reply', () => {
  it('is written at once', async () => {
    const response = new FakeResponse()
    await write(response, { status: 200, headers: {}, body: 'all of it' })
    expect(response.written).toEqual(['all of it'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is given up when its client does not take it', async () => {
    const response = new FakeResponse()
    response.takes = false
    const writing = write(response, { status: 200, headers: {}, body: 'all of it' })
    await vi.advanceTimersByTimeAsync(READER_PATIENCE_MS)
    await writing
    expect(response.destroyed).toBe(true)
  })
})
