import type { JsonObject } from '../../lib/json.ts'
import type { MatrixSample } from './sample.ts'

const chunk = (parts: JsonObject[], finishReason?: string): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, ...(finishReason ? { finishReason } : {}), index: 0 }],
  usageMetadata: {
    promptTokenCount: 30,
    candidatesTokenCount: 8,
    totalTokenCount: 42,
    cachedContentTokenCount: 10,
    thoughtsTokenCount: 4,
  },
  modelVersion: 'gemini-3-flash-preview',
  responseId: 'aZ3_id',
})

/** The rich conversation and the rich answer, as Gemini says them. */
export const googleGenerateContentSample: MatrixSample = {
  dialect: 'google-generate-content',
  model: 'gemini-3-flash-preview',
  request: {
    model: 'support',
    generationConfig: {
      maxOutputTokens: 2000,
      temperature: 1.4,
      topK: 5,
      stopSequences: ['END'],
      seed: 7,
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
      thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true },
    },
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' }],
    toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    tools: [
      {
        functionDeclarations: [
          {
            name: 'weather',
            description: 'Weather of a place.',
            parameters: { type: 'OBJECT', properties: { at: { type: 'STRING', nullable: true } } },
          },
        ],
      },
      { googleSearch: {} },
    ],
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'Where is this, and how is the weather?' },
          { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
        ],
      },
      {
        role: 'model',
        parts: [
          { text: 'A bridge in Prague.', thought: true },
          { text: 'I look it up.' },
          { functionCall: { id: 'fc_1', name: 'weather', args: { at: 'Praha' } }, thoughtSignature: 'EqQBCgIYAhIM+/=' },
          { functionCall: { id: 'fc_2', name: 'weather', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'fc_1', name: 'weather', response: { sky: 'sunny' } } },
          { functionResponse: { id: 'fc_2', name: 'weather', response: { error: 'Bad arguments' } } },
        ],
      },
      { role: 'user', parts: [{ text: 'Well?' }] },
    ],
  },
  stream: [
    chunk([{ text: 'Two places.', thought: true }]),
    chunk([{ text: 'Dobře ' }]),
    chunk([{ text: '👍' }]),
    chunk([
      { functionCall: { id: 'fc_a', name: 'weather', args: { at: 'Praha' } }, thoughtSignature: 'EqQBCgIYAhIM+/=' },
      { functionCall: { id: 'fc_b', name: 'weather', args: { at: 'Brno' } } },
    ]),
    chunk([{ text: '' }], 'STOP'),
  ],
}
