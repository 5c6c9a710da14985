import { expect, it } from 'vitest'
import { endLateBodies, type SlowBody } from './slow-bodies.ts'

const PATIENCE = { bodyMs: 30_000, bytesPerSecond: 8_000 }

function coming(more: object = {}) {
  const told: unknown[] = []
  const socket = { bytesRead: 500 }
  const request = { complete: false, destroyed: false, socket, ...more }
  const response = {
    headersSent: false,
    writableEnded: false,
    writeHead(status: number) {
      told.push(status)
      return response
    },
    end: () => told.push('end'),
    destroy: () => told.push('destroyed'),
  }
  const body = { request, response, bodySince: 0, bodyFrom: 0 } as unknown as SlowBody
  const look = (nowMs: number): readonly unknown[] => {
    endLateBodies([body], PATIENCE, nowMs)
    return told
  }
  return { request, response, socket, look }
}

it('ends a body that drips, when its time is over', () => {
  const { socket, look } = coming()
  look(1_000)
  socket.bytesRead += 30
  expect(look(31_000)).toEqual([])
  expect(look(31_100)).toEqual([408, 'end'])
})

it('gives a body a second more for so many bytes, as long as they come', () => {
  const { socket, look } = coming()
  look(1_000)
  socket.bytesRead += 80_000
  expect(look(40_900)).toEqual([])
  expect(look(41_100)).toEqual([408, 'end'])
})

it('leaves requests alone that have come, or that have been answered', () => {
  for (const state of [{ complete: true }, { destroyed: true }]) {
    const { look } = coming(state)
    look(1_000)
    expect(look(1_000_000)).toEqual([])
  }
  const { response, look } = coming()
  look(1_000)
  response.writableEnded = true
  expect(look(1_000_000)).toEqual([])
})

it('cuts the connection where a reply has begun', () => {
  const { response, look } = coming()
  look(1_000)
  response.headersSent = true
  expect(look(1_000_000)).toEqual(['destroyed'])
})
