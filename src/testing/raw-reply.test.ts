import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWall, type Wall } from './index.ts'
import { splitBody } from './raw-reply.ts'

let wall: Wall
beforeAll(async () => {
  wall = await startWall()
})
afterAll(() => wall.close())

describe('a raw body', () => {
  it('is cut by chance without losing a byte, and the same way for the same seed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer(), (body, seed) => {
        const raw = { status: 200, body, splitAt: 'random', seed } as const
        const pieces = splitBody(raw)
        expect(Buffer.concat(pieces).equals(body)).toBe(true)
        expect(pieces.every((piece) => piece.length > 0)).toBe(true)
        expect(splitBody(raw)).toEqual(pieces)
      }),
    )
  })

  it('is cut where it is told to, inside characters too', () => {
    const pieces = splitBody({ status: 200, body: 'a😀b', splitAt: [3, 1, 3, 0, 99] })
    expect(pieces.map((piece) => piece.toString('hex'))).toEqual(['61', 'f09f', '988062'])
  })

  it('arrives as it was given, with its status and headers, in either format', async () => {
    const body = 'data: {"choices":[{"delta":{"content":"é"}}]}\r\n\r\ndata: [DONE]\r\n\r\n'
    wall.plan({
      raw: {
        status: 203,
        headers: { 'content-type': 'text/event-stream', 'x-recorded': 'yes' },
        body,
        splitAt: 'random',
      },
    })
    const reply = await fetch(`${wall.openaiUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    })
    expect([reply.status, reply.headers.get('x-recorded'), await reply.text()]).toEqual([203, 'yes', body])
    expect(wall.completed).toHaveLength(1)
  })
})
