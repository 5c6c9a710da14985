import { describe, expect, test } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { ToolChoice } from '../../canonical/tool.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { decodeRequest } from './request.ts'
import { decodeTools, encodeTools } from './tools.ts'

const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }

function decode(fields: JsonObject): CanonicalRequest {
  return decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'hello' }], ...fields })
}

function encode(request: Partial<CanonicalRequest>): { fields: JsonObject; dropped: string[] } {
  const dropped: string[] = []
  const fields = encodeTools({ model: 'm', messages: [], stream: false, ...request }, (path) => dropped.push(path))
  return { fields, dropped }
}

describe('tool choice', () => {
  test.each<[JsonValue, ToolChoice]>([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'required' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'named', name: 'f' },
    ],
  ])('%j is %j, both ways', (wire, choice) => {
    expect(decode({ tools: [tool], tool_choice: wire }).toolChoice).toEqual(choice)
    expect(encode({ tools: [{ type: 'function', name: 'f' }], toolChoice: choice }).fields.tool_choice).toEqual(wire)
  })

  test.each<[JsonObject, ToolChoice]>([
    [{ tool_choice: 'any' }, { type: 'required' }],
    [{ function_call: 'auto' }, { type: 'auto' }],
    [{ function_call: { name: 'f' } }, { type: 'named', name: 'f' }],
  ])('%j is understood', (fields, choice) => {
    expect(decode(fields).toolChoice).toEqual(choice)
  })

  test('a form that only this format has stays whole', () => {
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }
    const request = decode({ tool_choice: allowed })
    expect(request.toolChoice).toBeUndefined()
    expect(request.extensions).toEqual({ 'openai-chat': { tool_choice: allowed } })
  })

  test('a demand without tools is reported, a permission is not', () => {
    expect(encode({ toolChoice: { type: 'required' } })).toEqual({ fields: {}, dropped: ['tool_choice'] })
    expect(encode({ toolChoice: { type: 'auto' }, parallelToolCalls: false })).toEqual({ fields: {}, dropped: [] })
  })

  test('parallel calls can be forbidden', () => {
    expect(decode({ parallel_tool_calls: false }).parallelToolCalls).toBe(false)
    const { fields } = encode({ tools: [{ type: 'function', name: 'f' }], parallelToolCalls: false })
    expect(fields.parallel_tool_calls).toBe(false)
  })
})

describe('tools', () => {
  test('functions of the time before tools are tools', () => {
    expect(decodeTools({ functions: [{ name: 'f', description: 'd' }] })).toEqual([
      { type: 'function', name: 'f', description: 'd' },
    ])
  })

  test('marks and fields of some hosts are kept apart', () => {
    const [decoded] = decodeTools({
      tools: [{ ...tool, cache_control: { type: 'ephemeral' }, eager_input_streaming: true }],
    })
    expect(decoded).toEqual({
      type: 'function',
      name: 'f',
      parameters: { type: 'object' },
      cacheTtl: '5m',
      extensions: { 'openai-chat': { eager_input_streaming: true } },
    })
    expect(encode({ tools: decoded ? [decoded] : [] }).fields.tools).toEqual([{ ...tool, eager_input_streaming: true }])
  })

  test('hosted tools go to their own format only', () => {
    const search = { type: 'openrouter:web_search', parameters: {} }
    const own = decodeTools({ tools: [search] })
    const foreign = {
      type: 'hosted',
      dialect: 'anthropic-messages',
      definition: { type: 'web_search_20250305' },
    } as const
    expect(encode({ tools: [...own, foreign] })).toEqual({ fields: { tools: [search] }, dropped: ['tools[1]'] })
  })
})
