import { describe, expect, it } from 'vitest'
import { textOf } from '../canonical/content.ts'
import type { StreamEvent } from '../canonical/stream-event.ts'
import { dialectOf } from '../dialects/registry.ts'
import { type AnswerPiece, NOT_STREAMED, type StreamedAnswer } from './answer.ts'
import { HeardStream } from './heard-stream.ts'

const END: AnswerPiece = { kind: 'events', events: [{ type: 'message-end', finishReason: 'stop' }] }

function stream(pieces: readonly AnswerPiece[], tail: AnswerPiece | null = END, outputBytes = 7): StreamedAnswer {
  const left = [...pieces]
  return {
    kind: 'stream',
    summary: { model: null, usage: null, finishReason: 'stop', outputBytes, toolCalls: 0, ...NOT_STREAMED },
    read: async () => left.shift() ?? null,
    tail: () => tail,
    interrupt: () => null,
    abort: () => undefined,
  }
}

function words(text: string): AnswerPiece {
  const events: StreamEvent[] = [
    { type: 'text-start', index: 0 },
    { type: 'text-delta', index: 0, text },
  ]
  return { kind: 'events', events }
}

function frame(text: string): AnswerPiece {
  const chunk = { choices: [{ index: 0, delta: { content: text } }] }
  return { kind: 'bytes', bytes: Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`) }
}

async function listen(heard: HeardStream): Promise<readonly (AnswerPiece | null)[]> {
  const passed: (AnswerPiece | null)[] = []
  for (let piece = await heard.read(); piece; piece = await heard.read()) passed.push(piece)
  return [...passed, heard.tail()]
}

function textHeard(heard: HeardStream): string | null {
  const response = heard.heard()
  return response && textOf(response.content)
}

describe('a stream that is listened to', () => {
  it('passes as it came, and what it said is known at its end', async () => {
    const heard = new HeardStream(stream([words('One')]), null)
    expect(await heard.read()).toEqual(words('One'))
    expect(heard.heard()).toBeNull()
    expect(await listen(heard)).toEqual([END])
    heard.tail()
    expect(textHeard(heard)).toBe('One')
  })

  it('is read in the format in which it is relayed', async () => {
    const last = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
    const tail: AnswerPiece = { kind: 'bytes', bytes: Buffer.from(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`) }
    const pieces = [frame('One '), frame('two')]
    const heard = new HeardStream(stream(pieces, tail), dialectOf('openai-chat'))
    expect(await listen(heard)).toEqual([...pieces, tail])
    expect(textHeard(heard)).toBe('One two')
  })

  it('tells what it said once, before its end is seen', async () => {
    const told: (string | null)[] = []
    const heard = new HeardStream(stream([words('One')]), null, (said) => told.push(said && textOf(said.content)))
    await heard.read()
    expect([await heard.read(), told]).toEqual([null, []])
    heard.tail()
    heard.tail()
    expect(told).toEqual(['One'])
  })

  it('is forgotten when it is too long, and passes on', async () => {
    const pieces = Array.from({ length: 9 }, () => words('x'.repeat(32 * 1024)))
    const heard = new HeardStream(stream(pieces, END, 9 * 32 * 1024), null)
    expect(await listen(heard)).toHaveLength(10)
    expect(heard.heard()).toBeNull()
  })

  it('says nothing where it cannot be read', async () => {
    const odd: AnswerPiece = { kind: 'bytes', bytes: Buffer.from('data: {"choices": 7}\n\ndata: {\n\n') }
    const heard = new HeardStream(stream([odd], odd), dialectOf('openai-chat'))
    await listen(heard)
    expect(heard.heard()).toBeNull()
  })
})
