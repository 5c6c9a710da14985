import { describe, expect, it } from 'vitest'
import type { HttpReply } from '../http-call.ts'
import { isList, streamAsList } from './stream-as-list.ts'

async function* pieces(...list: (string | Buffer)[]): AsyncGenerator<string | Buffer, void, void> {
  yield* list
}

const replyOf = (body: HttpReply['body']): HttpReply => ({
  status: 200,
  headers: { 'content-type': 'x', a: 'b' },
  body,
})

async function textOf({ body }: HttpReply): Promise<string> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return body.toString()
  let text = ''
  for await (const piece of body) text += piece
  return text
}

describe('a stream as a list', () => {
  it('has an item for each event, wherever the bytes are cut', async () => {
    const stream = ': hello\n\ndata: {"a":"ü"}\n\ndata: {"b":2}\n\n: bye\n\n'
    const bytes = Buffer.from(stream)
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const reply = streamAsList(replyOf(pieces(bytes.subarray(0, cut), bytes.subarray(cut))))
      expect(JSON.parse(await textOf(reply))).toEqual([{ a: 'ü' }, { b: 2 }])
    }
    const reply = streamAsList(replyOf(pieces(stream)))
    expect(reply.headers).toEqual({ 'content-type': 'application/json; charset=utf-8', a: 'b' })
  })

  it('without an event is empty, and a reply that is no stream stays as it is', async () => {
    expect(await textOf(streamAsList(replyOf(pieces())))).toBe('[]')
    const error = replyOf('{"error":{}}')
    expect(streamAsList(error)).toBe(error)
  })

  it('closes what is below it when nobody reads it to its end', async () => {
    let closed = false
    const source = {
      [Symbol.asyncIterator]: () => source,
      next: async () => ({ done: false, value: 'data: {}\n\n' }) as const,
      return: async () => {
        closed = true
        return { done: true, value: undefined } as const
      },
    }
    const { body } = streamAsList(replyOf(source))
    if (typeof body === 'string' || Buffer.isBuffer(body)) throw new Error('that was no stream')
    await body[Symbol.asyncIterator]().return?.()
    expect(closed).toBe(true)
  })

  it('is for who does not ask for events', () => {
    const asked = { model: 'm', stream: true }
    const queries = ['', 'alt=json', 'alt=sse', 'a=b&alt=sse']
    expect(queries.map((query) => isList(asked, query))).toEqual([true, true, false, false])
    expect([isList({ ...asked, stream: false }, ''), isList(null, '')]).toEqual([false, false])
  })
})
