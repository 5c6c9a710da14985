import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { limitMarks } from './cache-marks.ts'
import { encodeRequest } from './request.ts'

const mark = (ttl?: string) => ({ cache_control: { type: 'ephemeral', ...(ttl && { ttl }) } })
const block = (text: string, marked: JsonObject = {}) => ({ type: 'text', text, ...marked })
const markedTexts = (body: JsonObject) =>
  JSON.stringify(body)
    .match(/"text":"[^"]+","cache_control":\{[^}]*\}/g)
    ?.map((hit) => hit.slice(8, hit.indexOf('"', 8)))

describe('prompt-cache marks', () => {
  it('writes a mark for a key or a lifetime, on parts and tools', () => {
    const { body } = encodeRequest(
      {
        model: 'm',
        stream: false,
        tools: [{ type: 'function', name: 'look', cacheKey: 'tools' }],
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'Long.', cacheTtl: '1h', cacheKey: 'k' }] },
          { role: 'user', content: [{ type: 'text', text: 'Hi', cacheTtl: '5m' }] },
        ],
      },
      { model: 'm', quirks: {} },
    )
    expect(body.system).toEqual([block('Long.', mark('1h'))])
    expect(body.messages).toEqual([{ role: 'user', content: [block('Hi', mark())] }])
    // What comes before an hour lives an hour.
    expect(body.tools).toMatchObject([mark('1h')])
    expect(JSON.stringify(body)).not.toContain('cache_key')
  })

  it('keeps four: the end of the shared front and the longest prefixes', () => {
    const body: JsonObject = {
      tools: [{ ...block('t1'), ...mark() }],
      system: [block('s1', mark()), block('s2', mark())],
      messages: [
        { role: 'user', content: [block('u1', mark()), block('u2', mark())] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'a', content: [block('r1', mark())] }, block('u3', mark())],
        },
      ],
    }
    limitMarks(body)
    expect(markedTexts(body)).toEqual(['s2', 'u2', 'r1', 'u3'])
  })

  it('counts the mark on the whole request', () => {
    const body: JsonObject = {
      ...mark(),
      messages: [{ role: 'user', content: ['a', 'b', 'c', 'd'].map((each) => block(each, mark())) }],
    }
    limitMarks(body)
    expect(markedTexts(body)).toEqual(['b', 'c', 'd'])
  })

  it('leaves four or fewer as they are', () => {
    const body: JsonObject = {
      system: [block('s', mark('1h'))],
      messages: [{ role: 'user', content: [block('u', mark())] }],
    }
    const before = structuredClone(body)
    limitMarks(body)
    expect(body).toEqual(before)
  })
})
