import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { googleGenerateContent as gemini } from './index.ts'

const HI: JsonObject = { contents: [{ role: 'user', parts: [{ text: 'Hi.' }] }] }
const read = (body: JsonObject) => gemini.decodeRequest({ ...HI, ...body }, { model: 'm', stream: false })
const write = (request: Partial<CanonicalRequest>, model = 'gemini-3-flash-preview') =>
  gemini.encodeRequest(
    { model, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi.' }] }], stream: false, ...request },
    { model, quirks: {} },
  )

describe('a request of a caller', () => {
  it('is asked of the model in its address, and streams when the address says so', () => {
    const asked = { model: 'openai/gpt-4o', stream: true }
    expect(gemini.decodeRequest({ ...HI, model: 'models/other' }, asked)).toMatchObject(asked)
    expect(gemini.decodeRequest({ ...HI, model: 'models/other' })).toMatchObject({ model: 'other', stream: false })
    expect(() => gemini.decodeRequest(HI)).toThrow(/names no model/)
  })

  it('means the same in both spellings of its fields, and with single things for lists of one', () => {
    const camel = read({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { maxOutputTokens: 9, stopSequences: ['a'], thinkingConfig: { thinkingBudget: 5 } },
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
    })
    const snake = read({
      system_instruction: { parts: { text: 'Be brief.' } },
      contents: { role: 'user', parts: { text: 'Hi.' } },
      generation_config: { max_output_tokens: 9, stop_sequences: ['a'], thinking_config: { thinking_budget: 5 } },
      tool_config: { function_calling_config: { mode: 'any', allowed_function_names: ['f'] } },
      tools: { function_declarations: { name: 'f', parameters_json_schema: { type: 'object' } } },
    })
    expect(snake).toEqual(camel)
    expect(camel.maxOutputTokens).toBe(9)
  })

  it.each([
    [{ generationConfig: {}, generation_config: { maxOutputTokens: 1 } }, 'generationConfig'],
    [{ generationConfig: { maxOutputTokens: 1, max_output_tokens: 9 } }, 'generationConfig.maxOutputTokens'],
  ])('with a field in both spellings is refused: which of them counts nobody knows', (body, param) => {
    expect(() => read(body as JsonObject)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })

  it.each([
    [{ contents: [] }, 'contents'],
    [{ contents: [{ role: 'assistant', parts: [] }] }, 'contents[0].role'],
    [{ contents: [{ parts: ['text'] }] }, 'contents[0].parts[0]'],
    [{ generationConfig: { maxOutputTokens: 0 } }, 'generationConfig.maxOutputTokens'],
    [{ generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
    [{ generationConfig: { stopSequences: [1] } }, 'generationConfig.stopSequences[0]'],
    [
      { generationConfig: { thinkingConfig: { thinkingLevel: 'deep' } } },
      'generationConfig.thinkingConfig.thinkingLevel',
    ],
    [
      { generationConfig: { thinkingConfig: { thinkingBudget: -7 } } },
      'generationConfig.thinkingConfig.thinkingBudget',
    ],
    [
      { generationConfig: { thinkingConfig: { thinkingBudget: 7, thinkingLevel: 'LOW' } } },
      'generationConfig.thinkingConfig',
    ],
    [{ toolConfig: { functionCallingConfig: { mode: 'MAYBE' } } }, 'toolConfig.functionCallingConfig.mode'],
    [{ tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
  ])('that is wrong is refused by the path of what is wrong: %j', (body, param) => {
    expect(() => read(body as JsonObject)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })

  it('may not name a cache, which belongs to the provider’s account', () => {
    expect(() => read({ cachedContent: 'cachedContents/x' })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'cachedContent' }),
    )
  })

  it('may not send the provider to a private address, not even for a video', () => {
    const video = { fileData: { mimeType: 'video/mp4', fileUri: 'http://169.254.169.254/latest' } }
    expect(() => read({ contents: [{ parts: [video] }] })).toThrow(
      expect.objectContaining({ param: 'contents[0].parts[0].fileData.fileUri' }),
    )
  })

  it('keeps what only Google knows, each by its own path, and gives it back to Google', () => {
    const own = {
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      serviceTier: 'flex',
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW', speechConfig: { languageCode: 'cs' } },
      toolConfig: { functionCallingConfig: { mode: 'VALIDATED' }, retrievalConfig: { languageCode: 'cs' } },
      tools: [{ functionDeclarations: [{ name: 'f' }] }, { googleSearch: {} }],
    }
    const request = read(own)
    expect(Object.keys(request.extensions?.['google-generate-content'] ?? {})).toEqual([
      'safetySettings',
      'serviceTier',
      'toolConfig.retrievalConfig',
      'toolConfig.functionCallingConfig.mode',
      'generationConfig.mediaResolution',
      'generationConfig.speechConfig',
    ])
    const { body, dropped } = gemini.encodeRequest(request, { model: 'gemini-3-flash-preview', quirks: {} })
    expect(body).toMatchObject(own)
    expect(dropped).toEqual([])
  })
})

describe('a request to Gemini', () => {
  it('reports what Gemini cannot say', () => {
    const { dropped } = write({
      parallelToolCalls: false,
      endUser: 'u',
      extensions: { 'openai-chat': { logit_bias: {} } },
      tools: [{ type: 'hosted', dialect: 'openai-chat', definition: { type: 'web_search' } }],
      toolChoice: { type: 'required' },
    })
    expect(dropped).toEqual(['tools[0]', 'parallel_tool_calls', 'tool_choice', 'user', 'logit_bias'])
  })

  it('refuses by name what would change the answer', () => {
    expect(() => write({ choices: 2 })).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'n' }))
    expect(() => write({ stop: ['1', '2', '3', '4', '5', '6'] })).toThrow(expect.objectContaining({ param: 'stop' }))
    expect(write({ stop: ['1', '2', '3', '4', '5'] }).body).toMatchObject({
      generationConfig: { stopSequences: ['1', '2', '3', '4', '5'] },
    })
  })

  it('does not ask a model before Gemini 3 for JSON while there are functions to call', () => {
    const ask: Partial<CanonicalRequest> = {
      responseFormat: { type: 'json' },
      tools: [{ type: 'function', name: 'f' }],
    }
    expect(write(ask, 'gemini-2.5-flash')).toMatchObject({ dropped: ['response_format'] })
    expect(write(ask, 'gemini-3-flash-preview').body).toMatchObject({
      generationConfig: { responseMimeType: 'application/json' },
    })
  })

  it('goes to an address that names the model, and its collection where it has one of its own', () => {
    expect(gemini.pathOf({ model: 'gemini-3.8-flash', stream: false })).toBe(
      '/v1beta/models/gemini-3.8-flash:generateContent',
    )
    expect(gemini.pathOf({ model: 'tunedModels/a b', stream: true })).toBe(
      '/v1beta/tunedModels/a%20b:streamGenerateContent?alt=sse',
    )
  })
})

describe('a choice among functions', () => {
  it.each([
    ['AUTO', [], { type: 'auto' }],
    ['NONE', [], { type: 'none' }],
    ['ANY', [], { type: 'required' }],
    ['ANY', ['f'], { type: 'named', name: 'f' }],
    ['ANY', ['f', 'g'], { type: 'required' }],
    ['VALIDATED', ['f'], { type: 'auto' }],
  ])('%s %j is %j to others, and itself to Google', (mode, names, choice) => {
    const functionCallingConfig = { mode, ...(names.length > 0 ? { allowedFunctionNames: names } : {}) }
    const request = read({
      toolConfig: { functionCallingConfig },
      tools: [{ functionDeclarations: [{ name: 'f' }, { name: 'g' }] }],
    })
    expect(request.toolChoice).toEqual(choice)
    const { body } = gemini.encodeRequest(request, { model: 'gemini-3-flash-preview', quirks: {} })
    expect(body.toolConfig).toEqual({ functionCallingConfig })
  })
})
