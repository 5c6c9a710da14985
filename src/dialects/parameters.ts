import type { DialectName } from '../canonical/dialect-name.ts'
import type { JsonObject, JsonValue } from '../lib/json.ts'

/*
 * Every parameter of a call, by its name in Chat Completions, and what becomes of it in each wire format. A test encodes each of them in each format and
 * holds the outcome against this table, so that no parameter can be lost in silence; docs/reference/parameters.md is written from it.
 *
 * What differs between the hosts of one format is in their provider files (`quirks`), and in docs/reference/providers.md.
 */

/**
 * What becomes of a parameter:
 * `same` name and value · `renamed` the same value under another name · `scaled` the same wish in other words or numbers · `emulated` said by other means ·
 * `dropped` left out and reported (`x-headgate-dropped`, trace) · `refused` with 400, because the answer would not be what was asked for.
 */
export type Outcome = 'same' | 'renamed' | 'scaled' | 'emulated' | 'dropped' | 'refused'

/** The outcome in one format, and where it is said there: a path in the body such as `generationConfig.topP`. */
export interface Treatment {
  readonly outcome: Outcome
  readonly field?: string
  /** For people: what is particular. */
  readonly note?: string
}

/** The formats in which words are asked for. */
export type ChatDialect = Exclude<DialectName, `${string}-embeddings`>

/** One parameter. */
export interface ParameterRow {
  /** Its name in Chat Completions, or in hosts that speak it. */
  readonly parameter: string
  /** A body that asks for it, in that format. */
  readonly asks: JsonObject
  readonly in: Readonly<Record<ChatDialect, Treatment>>
}

const SAME: Treatment = { outcome: 'same' }
const DROPPED: Treatment = { outcome: 'dropped' }
const REFUSED: Treatment = { outcome: 'refused' }
const renamed = (field: string): Treatment => ({ outcome: 'renamed', field })
const scaled = (field: string, note: string): Treatment => ({ outcome: 'scaled', field, note })
const emulated = (note: string): Treatment => ({ outcome: 'emulated', note })

/** The same in all formats but those that are named. */
function row(
  parameter: string,
  asks: JsonObject,
  elsewhere: Treatment,
  particular: Partial<Record<ChatDialect, Treatment>> = {},
): ParameterRow {
  const cell = (dialect: ChatDialect): Treatment => particular[dialect] ?? elsewhere
  return {
    parameter,
    asks,
    in: {
      'openai-chat': particular['openai-chat'] ?? SAME,
      'openai-responses': cell('openai-responses'),
      'anthropic-messages': cell('anthropic-messages'),
      'google-generate-content': cell('google-generate-content'),
      'bedrock-converse': cell('bedrock-converse'),
      'cohere-chat': cell('cohere-chat'),
    },
  }
}

const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]
const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

/** The models by which the table is held: a format's newest ways, where those differ by model. */
export const REFERENCE_MODELS: Readonly<Record<ChatDialect, string>> = {
  'openai-chat': 'gpt-5.4',
  'openai-responses': 'gpt-5.4',
  'anthropic-messages': 'claude-sonnet-4-5',
  'google-generate-content': 'gemini-2.5-pro',
  'bedrock-converse': 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'cohere-chat': 'command-a-reasoning-08-2025',
}

const GEMINI = 'generationConfig'
const CONVERSE = 'inferenceConfig'

/** Every parameter of Chat Completions, and those that many of its hosts add. */
export const PARAMETERS: readonly ParameterRow[] = [
  row('max_completion_tokens', { max_completion_tokens: 4000 }, renamed('max_tokens'), {
    'openai-chat': { ...renamed('max_tokens'), note: 'the field that the host knows' },
    'openai-responses': renamed('max_output_tokens'),
    'google-generate-content': renamed(`${GEMINI}.maxOutputTokens`),
    'bedrock-converse': renamed(`${CONVERSE}.maxTokens`),
  }),
  row('max_tokens', { max_tokens: 4000 }, SAME, {
    'openai-responses': renamed('max_output_tokens'),
    'google-generate-content': renamed(`${GEMINI}.maxOutputTokens`),
    'bedrock-converse': renamed(`${CONVERSE}.maxTokens`),
  }),
  row('temperature', { temperature: 0.5 }, SAME, {
    'google-generate-content': renamed(`${GEMINI}.temperature`),
    'bedrock-converse': renamed(`${CONVERSE}.temperature`),
  }),
  row('temperature above 1', { temperature: 1.7 }, SAME, {
    'anthropic-messages': scaled('temperature', '1, and reported'),
    'google-generate-content': renamed(`${GEMINI}.temperature`),
    'bedrock-converse': scaled(`${CONVERSE}.temperature`, '1, and reported'),
  }),
  row('top_p', { top_p: 0.9 }, SAME, {
    'google-generate-content': renamed(`${GEMINI}.topP`),
    'bedrock-converse': renamed(`${CONVERSE}.topP`),
    'cohere-chat': renamed('p'),
  }),
  row('top_k', { top_k: 40 }, DROPPED, {
    'openai-chat': { ...DROPPED, note: 'hosts that know it get it' },
    'anthropic-messages': SAME,
    'google-generate-content': renamed(`${GEMINI}.topK`),
    'bedrock-converse': { ...renamed('additionalModelRequestFields.top_k'), note: 'Claude' },
    'cohere-chat': renamed('k'),
  }),
  row('stop', { stop: ['END'] }, renamed('stop_sequences'), {
    'openai-responses': REFUSED,
    'google-generate-content': renamed(`${GEMINI}.stopSequences`),
    'bedrock-converse': renamed(`${CONVERSE}.stopSequences`),
  }),
  row('stop with six texts', { stop: ['a', 'b', 'c', 'd', 'e', 'f'] }, REFUSED, {
    'openai-chat': { ...REFUSED, note: 'at most 4' },
    'anthropic-messages': renamed('stop_sequences'),
    'google-generate-content': { ...REFUSED, note: 'at most 5' },
    'bedrock-converse': renamed(`${CONVERSE}.stopSequences`),
    'cohere-chat': { ...REFUSED, note: 'at most 5' },
  }),
  row('seed', { seed: 7 }, DROPPED, { 'google-generate-content': renamed(`${GEMINI}.seed`), 'cohere-chat': SAME }),
  row('frequency_penalty', { frequency_penalty: 0.5 }, DROPPED, {
    'google-generate-content': renamed(`${GEMINI}.frequencyPenalty`),
    'cohere-chat': SAME,
  }),
  row('presence_penalty', { presence_penalty: 0.5 }, DROPPED, {
    'google-generate-content': renamed(`${GEMINI}.presencePenalty`),
    'cohere-chat': SAME,
  }),
  row('n', { n: 3 }, REFUSED),
  row('response_format json_object', { response_format: { type: 'json_object' } }, DROPPED, {
    'openai-responses': scaled('text.format', 'its own words'),
    'google-generate-content': scaled(`${GEMINI}.responseMimeType`, '`application/json`'),
    'cohere-chat': SAME,
  }),
  row(
    'response_format json_schema',
    { response_format: { type: 'json_schema', json_schema: { name: 'city', schema: SCHEMA } } },
    DROPPED,
    {
      'openai-responses': scaled('text.format', 'its own words'),
      'anthropic-messages': scaled(
        'output_config.format',
        'limits it cannot enforce become descriptions, and are reported',
      ),
      'google-generate-content': scaled(`${GEMINI}.responseJsonSchema`, 'keywords it does not know are reported'),
      'bedrock-converse': scaled('outputConfig.textFormat', 'models that hold to a schema; dropped for others'),
      'cohere-chat': scaled('response_format', 'its own words'),
    },
  ),
  row('reasoning_effort', { reasoning_effort: 'low' }, DROPPED, {
    'openai-responses': renamed('reasoning.effort'),
    'anthropic-messages': scaled('thinking', 'a budget below the output cap, or adaptive thinking'),
    'google-generate-content': scaled(`${GEMINI}.thinkingConfig`, 'a budget, or a level from Gemini 3 on'),
    'bedrock-converse': scaled('additionalModelRequestFields', 'in the words of the model’s maker'),
    'cohere-chat': scaled('thinking', 'a budget; models that reason'),
  }),
  row('reasoning.max_tokens', { reasoning: { max_tokens: 2048 } }, DROPPED, {
    'openai-responses': scaled('reasoning.effort', 'the nearest effort'),
    'anthropic-messages': scaled('thinking', 'a budget below the output cap, or adaptive thinking'),
    'google-generate-content': scaled(`${GEMINI}.thinkingConfig`, 'a budget, or a level from Gemini 3 on'),
    'bedrock-converse': scaled('additionalModelRequestFields', 'in the words of the model’s maker'),
    'cohere-chat': scaled('thinking', 'a budget; models that reason'),
  }),
  row('tool_choice auto', { tools: TOOLS, tool_choice: 'auto' }, SAME, {
    'anthropic-messages': scaled('tool_choice', 'its own words'),
    'google-generate-content': scaled('toolConfig.functionCallingConfig', '`AUTO`'),
    'bedrock-converse': scaled('toolConfig.toolChoice', '`auto`'),
    'cohere-chat': emulated('its default'),
  }),
  row('tool_choice none', { tools: TOOLS, tool_choice: 'none' }, SAME, {
    'anthropic-messages': scaled('tool_choice', 'its own words'),
    'google-generate-content': scaled('toolConfig.functionCallingConfig', '`NONE`'),
    'bedrock-converse': { ...scaled('additionalModelRequestFields.tool_choice', 'Claude; dropped for others') },
    'cohere-chat': scaled('tool_choice', '`NONE`'),
  }),
  row('tool_choice required', { tools: TOOLS, tool_choice: 'required' }, SAME, {
    'anthropic-messages': scaled('tool_choice', '`any`'),
    'google-generate-content': scaled('toolConfig.functionCallingConfig', '`ANY`'),
    'bedrock-converse': scaled('toolConfig.toolChoice', '`any`'),
    'cohere-chat': scaled('tool_choice', '`REQUIRED`'),
  }),
  row(
    'tool_choice named',
    { tools: TOOLS, tool_choice: { type: 'function', function: { name: 'look' } } },
    scaled('tool_choice', 'its own words'),
    {
      'google-generate-content': scaled('toolConfig.functionCallingConfig', '`ANY` of one name'),
      'bedrock-converse': scaled('toolConfig.toolChoice', '`tool`'),
      'cohere-chat': scaled('tool_choice', '`REQUIRED`, with that tool alone'),
    },
  ),
  row('parallel_tool_calls false', { tools: TOOLS, parallel_tool_calls: false }, DROPPED, {
    'openai-responses': SAME,
    'anthropic-messages': scaled('tool_choice', '`disable_parallel_tool_use`'),
    'bedrock-converse': scaled('additionalModelRequestFields.tool_choice', 'Claude; dropped for others'),
  }),
  row('user', { user: 'u1' }, DROPPED, { 'openai-responses': SAME, 'anthropic-messages': renamed('metadata.user_id') }),
  row('service_tier', { service_tier: 'priority' }, DROPPED, { 'openai-responses': SAME }),
  row('verbosity', { verbosity: 'low' }, DROPPED, { 'openai-responses': renamed('text.verbosity') }),
  row('prompt_cache_key', { prompt_cache_key: 'k' }, DROPPED, { 'openai-responses': SAME }),
  row('prompt_cache_retention', { prompt_cache_retention: '24h' }, DROPPED, { 'openai-responses': SAME }),
  row('safety_identifier', { safety_identifier: 's' }, DROPPED, { 'openai-responses': SAME }),
  ...(
    [
      ['logprobs', true],
      ['top_logprobs', 2],
      ['logit_bias', { 50256: -100 }],
      ['store', true],
      ['prediction', { type: 'content', content: 'x' }],
      ['modalities', ['text']],
      ['audio', { voice: 'alloy', format: 'wav' }],
      ['web_search_options', {}],
    ] as const
  ).map(([field, value]) => row(field, { [field]: value as JsonValue }, DROPPED)),
]
