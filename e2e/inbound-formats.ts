/** A wire format that callers speak, as far as a test needs to know it. */
export interface InboundFormat {
  readonly name: string
  path(model: string, stream: boolean): string
  body(model: string, stream: boolean): object
  /** How a stream that came to a good end ends. */
  readonly end: RegExp
  /** The error that this format has for the middle of a stream. */
  readonly error: RegExp
}

const said = [{ role: 'user', content: 'Tell me a story.' }]

/** The four formats. */
export const INBOUND_FORMATS: readonly InboundFormat[] = [
  {
    name: 'chat completions',
    path: () => '/v1/chat/completions',
    body: (model, stream) => ({ model, stream, messages: said }),
    end: /data: \[DONE\]\n\n$/,
    error: /^data: \{"error":\{/m,
  },
  {
    name: 'responses',
    path: () => '/v1/responses',
    body: (model, stream) => ({ model, stream, input: 'Tell me a story.' }),
    end: /event: response\.completed\n/,
    error: /^event: error$/m,
  },
  {
    name: 'messages',
    path: () => '/v1/messages',
    body: (model, stream) => ({ model, stream, max_tokens: 4_000, messages: said }),
    end: /event: message_stop\n/,
    error: /^event: error$/m,
  },
  {
    name: 'gemini',
    path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'Tell me a story.' }] }] }),
    end: /"finishReason":"STOP"/,
    error: /^data: \{"error":\{/m,
  },
]
