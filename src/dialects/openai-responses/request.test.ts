import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeRequest, encodeRequest } from './request.ts'

const decode = (fields: JsonObject) => decodeRequest({ model: 'm', input: 'Hi.', ...fields })
const target = { model: 'gpt-4o', quirks: {} }
const again = (fields: JsonObject) => encodeRequest(decode(fields), target)

function refusal(run: () => unknown): GatewayError {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('it was not refused')
}

describe('state', () => {
  it.each<[string, JsonObject]>([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: { id: 'conv_1' } }],
    ['background', { background: true }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    [
      'input[1]',
      {
        input: [
          { role: 'user', content: 'x' },
          { type: 'item_reference', id: 'msg_1' },
        ],
      },
    ],
  ])('%s is refused with its path and what to do', (param, fields) => {
    const error = refusal(() => decode(fields))
    expect(error).toMatchObject({ code: 'unsupported_parameter', status: 400, param })
    expect(error.message).toMatch(/input|wait/)
  })

  it('that is asked for with null or false is not refused', () => {
    expect(() => decode({ previous_response_id: null, background: false, conversation: null })).not.toThrow()
  })

  it('is never kept: store is false, and who wanted it true is told', () => {
    expect(again({})).toMatchObject({ body: { store: false }, dropped: [] })
    expect(again({ store: false })).toMatchObject({ body: { store: false }, dropped: [] })
    expect(again({ store: true })).toMatchObject({ body: { store: false }, dropped: ['store'] })
  })
})

describe('a request', () => {
  it.each<[string, JsonObject, string]>([
    ['no input', { input: null }, 'input'],
    ['an empty input', { input: [] }, 'input'],
    ['an item that is none', { input: ['x'] }, 'input[0]'],
    ['an unknown role', { input: [{ role: 'tool', content: '' }] }, 'input[0].role'],
    ['a part without a type', { input: [{ role: 'user', content: [{}] }] }, 'input[0].content[0].type'],
    [
      'a picture without a place',
      { input: [{ role: 'user', content: [{ type: 'input_image' }] }] },
      'input[0].content[0]',
    ],
    ['a call without an id', { input: [{ type: 'function_call', name: 'f', arguments: '' }] }, 'input[0].call_id'],
    ['an output without its call', { input: [{ type: 'function_call_output', output: '' }] }, 'input[0].call_id'],
    ['a cap of nothing', { max_output_tokens: 0 }, 'max_output_tokens'],
    ['a tool without a name', { tools: [{ type: 'function' }] }, 'tools[0].name'],
    ['a choice that is none', { tool_choice: 'any' }, 'tool_choice'],
    ['a format without a kind', { text: { format: {} } }, 'text.format.type'],
    ['an include that is no list', { include: 'x' }, 'include'],
  ])('with %s is refused by its path', (_, fields, param) => {
    expect(refusal(() => decode(fields))).toMatchObject({ code: 'invalid_request', param })
  })

  it('keeps in this format what only this format has, and reports none of it', () => {
    const own = {
      service_tier: 'flex',
      max_tool_calls: 3,
      include: ['web_search_call.action.sources'],
      truncation: 'auto',
      text: { verbosity: 'low', format: { type: 'grammar', definition: 'x' } },
      reasoning: { effort: 'colossal', summary: 'auto' },
      stream_options: { include_obfuscation: false },
      something_new: { a: [1] },
    }
    const { body, dropped } = again({ ...own, stream: true })
    expect(body).toMatchObject(own)
    expect(dropped).toEqual([])
  })

  it('keeps a user and a safety identifier apart, and takes either for the end user', () => {
    expect(decode({ safety_identifier: 's' }).endUser).toBe('s')
    expect(again({ safety_identifier: 's' }).body).not.toHaveProperty('user')
    expect(again({ safety_identifier: 's', user: 'u' }).body).toMatchObject({ safety_identifier: 's', user: 'u' })
  })

  it('asks for sealed reasoning where the model can seal it, and nowhere else', () => {
    const asked = (model: string) => encodeRequest(decode({}), { model, quirks: {} }).body.include
    for (const model of ['gpt-5.4', 'o4-mini', 'openai/gpt-5-pro', 'gpt-5.3-codex', 'grok-4.3']) {
      expect([model, asked(model)]).toEqual([model, ['reasoning.encrypted_content']])
    }
    for (const model of ['gpt-4o', 'gpt-4.1', 'gpt-5-chat-latest', 'grok-4-1-fast-non-reasoning', 'llama', 'my-own']) {
      expect([model, asked(model)]).toEqual([model, undefined])
    }
  })

  it('gets the tenant’s key for the provider’s cache in place of the caller’s', () => {
    const ask = (fields: JsonObject, promptCacheKey: boolean) =>
      encodeRequest(decode(fields), { model: 'm', quirks: { promptCacheKey }, promptCacheKey: 'tenant' }).body
    expect(ask({ prompt_cache_key: 'mine' }, false).prompt_cache_key).toBe('tenant')
    expect(ask({}, true).prompt_cache_key).toBe('tenant')
    expect(ask({}, false)).not.toHaveProperty('prompt_cache_key')
  })

  it('leaves out what the host rejects, and says so', () => {
    const quirks = { rejects: ['temperature'] }
    const { body, dropped } = encodeRequest(decode({ temperature: 1 }), { model: 'm', quirks })
    expect(body).not.toHaveProperty('temperature')
    expect(dropped).toEqual(['temperature'])
  })
})

describe('what this format has no words for', () => {
  const request = decode({})

  it('is refused where the answer would be another', () => {
    expect(refusal(() => encodeRequest({ ...request, stop: ['END'] }, target))).toMatchObject({ param: 'stop' })
    expect(refusal(() => encodeRequest({ ...request, choices: 2 }, target))).toMatchObject({ param: 'n' })
    expect(() => encodeRequest({ ...request, stop: [], choices: 1 }, target)).not.toThrow()
  })

  it('is reported where it only steers', () => {
    const steered = { ...request, topK: 4, seed: 7, frequencyPenalty: 0.5, presencePenalty: 0.5 }
    expect(encodeRequest(steered, target).dropped).toEqual(['top_k', 'seed', 'frequency_penalty', 'presence_penalty'])
    expect(encodeRequest({ ...request, frequencyPenalty: 0 }, target).dropped).toEqual([])
  })
})

describe('tools', () => {
  const look = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} } }

  it('are only strict where somebody said so', () => {
    expect(again({ tools: [look] }).body.tools).toEqual([{ ...look, strict: false }])
    const closed = { ...look.parameters, additionalProperties: false, required: [] }
    expect(again({ tools: [{ ...look, parameters: closed, strict: true }] }).body.tools).toMatchObject([
      { strict: true },
    ])
  })

  it('of the provider, and the caller’s own of other kinds, go through as they are', () => {
    const tools = [
      { type: 'web_search', filters: { allowed_domains: ['a.org'] } },
      { type: 'custom', name: 'sql' },
    ]
    expect(again({ tools }).body.tools).toEqual(tools)
  })

  it.each<[JsonObject[string], JsonObject | undefined]>([
    ['required', { type: 'required' }],
    [
      { type: 'function', name: 'look' },
      { type: 'named', name: 'look' },
    ],
    [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'look' }] }, { type: 'auto' }],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'look' }] },
      { type: 'named', name: 'look' },
    ],
    [{ type: 'allowed_tools', mode: 'required', tools: [look, look] }, { type: 'required' }],
    [{ type: 'web_search' }, undefined],
  ])('are chosen by %o, which means what it can in other formats', (choice, meaning) => {
    const body = { tools: [look], tool_choice: choice }
    expect(decode(body).toolChoice).toEqual(meaning)
    expect(again(body).body.tool_choice).toEqual(choice)
  })

  it('that are none need no choice', () => {
    const { body, dropped } = encodeRequest({ ...decode({}), toolChoice: { type: 'required' } }, target)
    expect(body).not.toHaveProperty('tool_choice')
    expect(dropped).toEqual(['tool_choice'])
  })
})

describe('between OpenAI’s two formats', () => {
  it('fields of the same meaning pass, and are not reported', () => {
    const extensions = { 'openai-chat': { service_tier: 'flex', verbosity: 'low', logit_bias: {} } }
    const { body, dropped } = encodeRequest({ ...decode({}), extensions }, target)
    expect(body).toMatchObject({ service_tier: 'flex', text: { verbosity: 'low' } })
    expect(dropped).toEqual(['logit_bias'])
  })
})
