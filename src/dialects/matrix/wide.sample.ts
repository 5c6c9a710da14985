import type { DialectName } from '../../canonical/dialect-name.ts'
import type { JsonObject } from '../../lib/json.ts'

/*
 * Requests that use what the matrix’s samples do not: files, sounds, names of speakers, schemas, forced tools, log probabilities. They are
 * translated into every other format to see that nothing vanishes.
 */

const SCHEMA: JsonObject = {
  type: 'object',
  description: 'A town.',
  properties: { town: { type: 'string', minLength: 2 }, people: { type: ['integer', 'null'] } },
  required: ['town', 'people'],
  additionalProperties: false,
}
const PDF = 'JVBERi0xLjQKJcOkw7w='
const NOTES = 'Tm90ZXMgb2YgdGhlIHRvd24='
const WAV = 'UklGRiQAAABXQVZF'

/** By the format of the caller; without what some formats refuse (several answers, pictures by address). */
export const WIDE_REQUESTS: Readonly<Partial<Record<DialectName, JsonObject>>> = {
  'openai-chat': {
    model: 'support',
    max_tokens: 3000,
    top_p: 0.7,
    top_k: 12,
    seed: 9,
    frequency_penalty: 0.25,
    presence_penalty: 0.75,
    logprobs: true,
    top_logprobs: 3,
    logit_bias: { '50256': -100 },
    service_tier: 'flex',
    verbosity: 'low',
    reasoning_effort: 'medium',
    safety_identifier: 'hash-1',
    prediction: { type: 'content', content: 'The town is small.' },
    modalities: ['text'],
    metadata: { ticket: '4711' },
    user: 'user-9',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'town', description: 'What is known.', schema: SCHEMA, strict: true },
    },
    tools: [
      {
        type: 'function',
        function: { name: 'measure', description: 'Measures a town.', parameters: SCHEMA, strict: true },
      },
      { type: 'function', function: { name: 'count' } },
      { type: 'custom', custom: { name: 'free', description: 'Takes a text.' } },
    ],
    tool_choice: { type: 'function', function: { name: 'measure' } },
    messages: [
      { role: 'developer', name: 'house', content: [{ type: 'text', text: 'Be exact.' }] },
      {
        role: 'user',
        name: 'alice',
        content: [
          { type: 'text', text: 'What is this town?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'high' } },
          { type: 'file', file: { filename: 'plan.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
          { type: 'file', file: { filename: 'notes.txt', file_data: `data:text/plain;base64,${NOTES}` } },
          { type: 'input_audio', input_audio: { data: WAV, format: 'wav' } },
          { type: 'video_url', video_url: { url: 'https://example.com/town.mp4' } },
        ],
      },
      {
        role: 'assistant',
        name: 'helper',
        refusal: 'I do not name people.',
        content: [{ type: 'text', text: 'One moment.' }],
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'count', arguments: '' } },
          { id: 'call_2', type: 'custom', custom: { name: 'free', input: 'anything' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'Seven.' }] },
      { role: 'user', content: 'Thank you.' },
    ],
  },
  'openai-responses': {
    model: 'support',
    max_output_tokens: 3000,
    top_p: 0.7,
    top_logprobs: 3,
    truncation: 'auto',
    service_tier: 'flex',
    max_tool_calls: 4,
    safety_identifier: 'hash-1',
    metadata: { ticket: '4711' },
    include: ['message.output_text.logprobs'],
    reasoning: { effort: 'medium', summary: 'detailed' },
    text: {
      format: { type: 'json_schema', name: 'town', description: 'What is known.', schema: SCHEMA, strict: true },
    },
    tools: [
      { type: 'function', name: 'measure', description: 'Measures a town.', parameters: SCHEMA, strict: true },
      { type: 'custom', name: 'free', description: 'Takes a text.' },
      { type: 'mcp', server_label: 'maps', server_url: 'https://example.com/mcp' },
    ],
    tool_choice: { type: 'function', name: 'measure' },
    input: [
      { role: 'system', content: [{ type: 'input_text', text: 'Be exact.' }] },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this town?' },
          { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'high' },
          { type: 'input_file', filename: 'plan.pdf', file_data: `data:application/pdf;base64,${PDF}` },
          { type: 'input_audio', input_audio: { data: WAV, format: 'wav' } },
        ],
      },
      {
        type: 'message',
        role: 'assistant',
        phase: 'commentary',
        content: [
          {
            type: 'output_text',
            text: 'One moment.',
            annotations: [{ type: 'url_citation', url: 'https://example.com' }],
          },
          { type: 'refusal', refusal: 'I do not name people.' },
        ],
      },
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'town' } },
      { type: 'function_call', call_id: 'call_1', name: 'measure', arguments: '{"town":"Brno"}' },
      {
        type: 'function_call_output',
        call_id: 'call_1',
        output: [
          { type: 'input_text', text: 'Seven.' },
          { type: 'input_file', filename: 'plan.pdf', file_data: `data:application/pdf;base64,${PDF}` },
        ],
      },
      { type: 'custom_tool_call', call_id: 'call_2', name: 'free', input: 'anything' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: 'Nothing.' },
      { role: 'user', content: 'Thank you.' },
    ],
  },
  'anthropic-messages': {
    model: 'support',
    max_tokens: 3000,
    top_p: 0.97,
    metadata: { user_id: 'user-9' },
    container: 'box-1',
    mcp_servers: [{ type: 'url', url: 'https://example.com/mcp', name: 'maps' }],
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    output_config: { format: { type: 'json_schema', schema: SCHEMA } },
    thinking: { type: 'enabled', budget_tokens: 2048 },
    tools: [
      { name: 'measure', description: 'Measures a town.', input_schema: SCHEMA, strict: true },
      { type: 'bash_20250124', name: 'bash' },
    ],
    system: 'Be exact.',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this town?' },
          {
            type: 'document',
            title: 'plan.pdf',
            context: 'A plan of 1900.',
            citations: { enabled: true },
            source: { type: 'base64', media_type: 'application/pdf', data: PDF },
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Notes of the town.' } },
          {
            type: 'search_result',
            source: 'https://example.com',
            title: 'Town',
            content: [{ type: 'text', text: 'A.' }],
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'redacted_thinking', data: 'EmwKAhgBEgy=' },
          { type: 'text', text: 'One moment.' },
          { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'town' } },
          { type: 'tool_use', id: 'toolu_1', name: 'measure', input: { town: 'Brno', people: 12345678901234 } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [
              { type: 'text', text: 'Seven.' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
              { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
            ],
          },
          { type: 'text', text: 'Thank you.' },
        ],
      },
    ],
  },
  'google-generate-content': {
    labels: { ticket: '4711' },
    generationConfig: {
      maxOutputTokens: 3000,
      topP: 0.7,
      seed: 9,
      presencePenalty: 0.75,
      frequencyPenalty: 0.25,
      responseLogprobs: true,
      logprobs: 3,
      responseMimeType: 'application/json',
      responseSchema: {
        type: 'OBJECT',
        properties: { town: { type: 'STRING', minLength: '2' }, people: { type: 'INTEGER', nullable: true } },
        required: ['town'],
        propertyOrdering: ['town', 'people'],
      },
      speechConfig: { languageCode: 'de-DE' },
      thinkingConfig: { thinkingBudget: 2048, includeThoughts: true },
    },
    toolConfig: {
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['measure', 'count'] },
      retrievalConfig: { languageCode: 'de' },
    },
    tools: [
      {
        functionDeclarations: [
          { name: 'measure', description: 'Measures a town.', parametersJsonSchema: SCHEMA, behavior: 'NON_BLOCKING' },
          { name: 'count', response: { type: 'OBJECT' } },
        ],
      },
      { codeExecution: {} },
    ],
    systemInstruction: { parts: [{ text: 'Be exact.' }] },
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'What is this town?' },
          { inlineData: { mimeType: 'application/pdf', data: PDF, displayName: 'plan.pdf' } },
          { inlineData: { mimeType: 'audio/wav', data: WAV } },
          { inlineData: { mimeType: 'video/mp4', data: 'AAAAIGZ0eXBpc29t' }, videoMetadata: { fps: 2 } },
        ],
      },
      {
        role: 'model',
        parts: [
          { executableCode: { language: 'PYTHON', code: 'print(7)' } },
          { functionCall: { name: 'measure', args: { town: 'Brno' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              name: 'measure',
              response: { output: 'Seven.' },
              parts: [{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }],
            },
          },
        ],
      },
      { role: 'user', parts: [{ text: 'Thank you.' }] },
    ],
  },
}
