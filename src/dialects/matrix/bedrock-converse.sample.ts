import type { MatrixSample } from './sample.ts'

/** The rich conversation and the rich answer, as Converse says them. */
export const bedrockConverseSample: MatrixSample = {
  dialect: 'bedrock-converse',
  model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
  pictureUrls: false,
  unsaid: ['reasoning'],
  namedByKey: true,
  request: {
    system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
    inferenceConfig: { maxTokens: 2000, temperature: 0.4, stopSequences: ['END'] },
    additionalModelRequestFields: { top_k: 5, anthropic_beta: ['context-1m-2025-08-07'] },
    guardrailConfig: { guardrailIdentifier: 'g-1', guardrailVersion: 'DRAFT' },
    toolConfig: {
      tools: [
        {
          toolSpec: {
            name: 'weather',
            description: 'Weather of a place.',
            inputSchema: { json: { type: 'object', properties: { at: { type: 'string' } } } },
          },
        },
        { cachePoint: { type: 'default' } },
        { systemTool: { name: 'nova_grounding' } },
      ],
      toolChoice: { auto: {} },
    },
    messages: [
      {
        role: 'user',
        content: [
          { text: 'Where is this, and how is the weather?' },
          { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'A bridge in Prague.', signature: 'EqQBCgIYAhIM+/=' } } },
          { text: 'I look it up.' },
          { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { at: 'Praha' } } },
          { toolUse: { toolUseId: 'tooluse_2', name: 'weather', input: {} } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            toolResult: {
              toolUseId: 'tooluse_1',
              content: [{ json: { sky: 'Sunny' } }, { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } }],
              status: 'success',
            },
          },
          { toolResult: { toolUseId: 'tooluse_2', content: [{ text: 'Bad arguments' }], status: 'error' } },
        ],
      },
      { role: 'system', content: [{ text: 'Answer in Czech.' }] },
      { role: 'user', content: [{ text: 'Well?' }] },
    ],
  },
  stream: [
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Two places.' } } } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'EqQBCgIYAhIM+/=' } } } },
    { contentBlockStop: { contentBlockIndex: 0 } },
    { contentBlockDelta: { contentBlockIndex: 1, delta: { text: 'Dobře 👍' } } },
    { contentBlockStop: { contentBlockIndex: 1 } },
    {
      contentBlockStart: { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'tooluse_a', name: 'weather' } } },
    },
    { contentBlockDelta: { contentBlockIndex: 2, delta: { toolUse: { input: '{"at":"Praha"}' } } } },
    { contentBlockStop: { contentBlockIndex: 2 } },
    { contentBlockStart: { contentBlockIndex: 3, start: { toolUse: { toolUseId: 'tooluse_b', name: 'now' } } } },
    { contentBlockStop: { contentBlockIndex: 3 } },
    { messageStop: { stopReason: 'tool_use' } },
    {
      metadata: {
        usage: {
          inputTokens: 20,
          outputTokens: 12,
          totalTokens: 47,
          cacheReadInputTokens: 10,
          cacheWriteInputTokens: 5,
        },
        metrics: { latencyMs: 700 },
      },
    },
  ],
}
