import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { streamEncoder } from './stream-encoder.ts'

const start: StreamEvent = { type: 'message-start', id: 'up-1', model: 'gpt-4o', created: 7 }
const end: StreamEvent = { type: 'message-end', finishReason: 'stop' }
const usage: StreamEvent = { type: 'usage', usage: { inputUncached: 3, outputText: 1 } }

function encode(events: readonly StreamEvent[], includeUsage = true): string[] {
  const encoder = streamEncoder({ id: 'ours', model: 'logical', includeUsage })
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
  return text.split('\n\n').slice(0, -1)
}

function chunks(frames: readonly string[]): JsonObject[] {
  return frames.filter((frame) => frame !== 'data: [DONE]').map((frame) => JSON.parse(frame.slice('data: '.length)))
}

const deltas = (events: readonly StreamEvent[]) =>
  chunks(encode(events)).flatMap((chunk) => (chunk.choices as JsonObject[]).map((choice) => choice.delta))

describe('chunks', () => {
  test('a text: role first, finish, usage, success marker, all under one head', () => {
    const text: StreamEvent[] = [
      { type: 'text-start', index: 0 },
      { type: 'text-delta', index: 0, text: '你好\n' },
      { type: 'text-end', index: 0 },
    ]
    const frames = encode([start, ...text, end, usage])
    const head = { id: 'up-1', object: 'chat.completion.chunk', created: 7, model: 'gpt-4o' }
    const choice = (delta: JsonObject, finish: string | null = null) => ({
      index: 0,
      delta,
      logprobs: null,
      finish_reason: finish,
    })
    expect(frames.at(-1)).toBe('data: [DONE]')
    expect(chunks(frames)).toEqual([
      { ...head, choices: [choice({ role: 'assistant', content: '' })] },
      { ...head, choices: [choice({ content: '你好\n' })] },
      { ...head, choices: [choice({}, 'stop')] },
      { ...head, choices: [], usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } },
    ])
  })

  test('usage is told only to those who asked, and its last word counts', () => {
    expect(encode([start, end, usage], false).join()).not.toContain('usage')
    const late: StreamEvent = { type: 'usage', usage: { outputText: 9 } }
    expect(chunks(encode([start, usage, end, late])).at(-1)).toMatchObject({
      usage: { prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 },
    })
  })

  test('nothing of the end is written before the end', () => {
    const encoder = streamEncoder({ id: 'ours', model: 'logical', includeUsage: true })
    encoder.push(start)
    expect(encoder.push(end) + encoder.push(usage)).toBe('')
  })

  test('without a start the given id and model are used', () => {
    expect(chunks(encode([{ type: 'text-delta', index: 0, text: 'a' }]))[0]).toMatchObject({
      id: 'ours',
      model: 'logical',
    })
    expect(chunks(encode([{ type: 'message-start' }]))[0]).toMatchObject({
      id: 'ours',
      model: 'logical',
      created: expect.any(Number),
    })
  })

  test('tool calls are counted in the order of their start, whatever blocks lie between and however they alternate', () => {
    const call = (index: number, id: string): StreamEvent => ({ type: 'tool-call-start', index, id, name: 'f' })
    const more = (index: number, text: string): StreamEvent => ({ type: 'tool-call-delta', index, arguments: text })
    const written = deltas([
      start,
      { type: 'text-delta', index: 0, text: 'a' },
      call(2, 'x'),
      call(5, 'y'),
      more(2, '1'),
      more(5, '2'),
      more(2, '3'),
    ])
    expect(written.slice(2, -1)).toEqual([
      { tool_calls: [{ index: 0, id: 'x', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 1, id: 'y', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '1' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '2' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '3' } }] },
    ])
  })

  test('signed reasoning is told as text and as details, hidden reasoning as details alone', () => {
    const written = deltas([
      start,
      { type: 'reasoning-start', index: 0, origin: 'anthropic-messages' },
      { type: 'reasoning-delta', index: 0, text: 'hm' },
      { type: 'reasoning-end', index: 0, signature: 's' },
      { type: 'reasoning-start', index: 1, origin: 'anthropic-messages' },
      { type: 'reasoning-end', index: 1, redacted: 'd' },
    ])
    const claude = { format: 'anthropic-claude-v1' }
    expect(written.slice(1, -1)).toEqual([
      { reasoning_content: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm', ...claude, index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.text', text: '', signature: 's', ...claude, index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', ...claude, index: 1 }] },
    ])
  })

  test('unsigned reasoning and refusals', () => {
    const written = deltas([
      start,
      { type: 'reasoning-delta', index: 0, text: 'hm' },
      { type: 'reasoning-end', index: 0 },
      { type: 'refusal-delta', index: 1, text: 'no' },
    ])
    expect(written.slice(1, -1)).toEqual([{ reasoning_content: 'hm' }, { refusal: 'no' }])
  })

  test('blocks of other formats leave no trace, own ones come back', () => {
    const custom = { id: 'a', type: 'custom', custom: { name: 'sh', input: 'ls' } }
    const written = deltas([
      start,
      { type: 'opaque', index: 0, dialect: 'anthropic-messages', block: { type: 'server_tool_use' } },
      { type: 'opaque', index: 1, dialect: 'openai-chat', block: custom },
    ])
    expect(written.slice(1, -1)).toEqual([{ tool_calls: [{ index: 0, ...custom }] }])
  })
})
