import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { ConnectionCounts } from './connection-counts.ts'

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string
  closed = false

  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): this {
    this.closed = true
    this.emit('close')
    return this
  }
}

const from = (counts: ConnectionCounts, address: string) => {
  const socket = new FakeSocket(address)
  return { socket, taken: counts.take(socket as unknown as Parameters<ConnectionCounts['take']>[0]) }
}

it('closes what one address has too many of, and takes others, and the next when one has closed', () => {
  const counts = new ConnectionCounts(2)
  const [first] = [from(counts, '192.0.2.1'), from(counts, '::ffff:192.0.2.1')]
  const third = from(counts, '192.0.2.1')
  expect([third.taken, third.socket.closed]).toEqual([false, true])
  expect(from(counts, '192.0.2.2').taken).toBe(true)
  first.socket.destroy()
  expect(from(counts, '192.0.2.1').taken).toBe(true)
  expect(from(counts, '192.0.2.1').taken).toBe(false)
})

it('counts IPv6 by network, however it is written', () => {
  const counts = new ConnectionCounts(1)
  expect(from(counts, '2001:db8:0:1::1').taken).toBe(true)
  expect(from(counts, '2001:db8:0:1:9:8:7:6').taken).toBe(false)
  expect(from(counts, '2001:db8:0:2::1').taken).toBe(true)
  expect(from(counts, '2001:db8::1').taken).toBe(true)
  expect(from(counts, '2001:db8::2').taken).toBe(false)
})

it('does not count this machine', () => {
  const counts = new ConnectionCounts(1)
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    expect([from(counts, address).taken, from(counts, address).taken]).toEqual([true, true])
  }
})

it('remembers nobody who has left', () => {
  const counts = new ConnectionCounts(3)
  const open = ['192.0.2.1', '192.0.2.1', '2001:db8::1'].map((address) => from(counts, address))
  expect(counts.size).toBe(2)
  for (const { socket } of open) socket.destroy()
  expect(counts.size).toBe(0)
})
