import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  generateText,
  jsonSchema,
  type LanguageModel,
  type ModelMessage,
  Output,
  streamText,
  type ToolSet,
  tool,
} from 'ai'
import type { JsonObject } from '../../src/lib/json.ts'
import {
  type Ask,
  type ClientTool,
  type Failure,
  HEADERS,
  type Heard,
  type HeardCall,
  type Picture,
  type SdkClient,
  type Talk,
  type TalkOptions,
} from './client.ts'

type ModelAt = (url: string, model: string) => LanguageModel

/** The AI SDK with its provider for OpenAI-compatible hosts, which gives Gemini's seals back and knows of no others. */
export const aiOpenAiCompatibleClient: SdkClient = {
  title: 'ai (openai-compatible)',
  dialect: 'openai-chat',
  finishes: { stop: 'stop', calls: 'tool-calls' },
  carries: ['google'],
  talk: (options) =>
    new AiSdkTalk(options, { gateway: { reasoningEffort: 'medium' } }, (url, model) =>
      createOpenAICompatible({
        name: 'gateway',
        baseURL: `${url}/v1`,
        apiKey: 'anything',
        headers: HEADERS,
        includeUsage: true,
        supportsStructuredOutputs: true,
        supportedUrls: () => ({ 'image/*': [/^https:/] }),
      })(model),
    ),
  failure,
}

/** The AI SDK with its provider for Anthropic. */
export const aiAnthropicClient: SdkClient = {
  title: 'ai (anthropic)',
  dialect: 'anthropic-messages',
  finishes: { stop: 'stop', calls: 'tool-calls' },
  carries: ['anthropic', 'google', 'openai'],
  asksByTool: true,
  talk: (options) =>
    new AiSdkTalk(options, { anthropic: { thinking: { type: 'enabled', budgetTokens: 1500 } } }, (url, model) =>
      createAnthropic({ baseURL: `${url}/v1`, apiKey: 'anything', headers: HEADERS })(model),
    ),
  failure,
}

function failure(thrown: unknown): Failure {
  const failed = APICallError.isInstance(thrown) ? thrown : null
  return { own: failed !== null, status: failed?.statusCode, retryAfter: failed?.responseHeaders?.['retry-after'] }
}

class AiSdkTalk implements Talk {
  readonly #options: TalkOptions
  readonly #thinking: Readonly<Record<string, JsonObject>>
  readonly #modelAt: ModelAt
  readonly #messages: ModelMessage[] = []

  constructor(options: TalkOptions, thinking: Readonly<Record<string, JsonObject>>, modelAt: ModelAt) {
    this.#options = options
    this.#thinking = thinking
    this.#modelAt = modelAt
  }

  say(text: string, picture?: Picture): void {
    const image = picture && ('url' in picture ? new URL(picture.url) : picture.base64)
    this.#messages.push({
      role: 'user',
      content: [
        { type: 'text', text },
        ...(image ? [{ type: 'file' as const, data: image, mediaType: 'image/png' }] : []),
      ],
    })
  }

  giveResults(results: readonly (HeardCall & { readonly result: string })[]): void {
    this.#messages.push({
      role: 'tool',
      content: results.map(({ id, name, result }) => ({
        type: 'tool-result',
        toolCallId: id,
        toolName: name,
        output: { type: 'text', value: result },
      })),
    })
  }

  async hear({ model, stream = false, signal, onText }: Ask): Promise<Heard> {
    const asked = {
      ...this.#settings(),
      model: this.#modelAt(this.#options.url, model),
      messages: this.#messages,
      ...(signal && { abortSignal: signal }),
    }
    if (!stream) return this.#heard(await generateText(asked))
    // Errors of a stream are told to the reader below; by default they are printed as well.
    const running = streamText({ ...asked, onError() {} })
    for await (const part of running.fullStream) {
      if (part.type === 'error') throw part.error
      if (part.type === 'abort') throw new DOMException('aborted', 'AbortError')
      if (part.type === 'text-delta') onText?.(part.text)
    }
    const [text, toolCalls, finishReason, usage, response] = await Promise.all([
      running.text,
      running.toolCalls,
      running.finishReason,
      running.usage,
      running.response,
    ])
    return this.#heard({ text, toolCalls, finishReason, usage, response })
  }

  #heard({ text, toolCalls, finishReason, usage, response }: AiAnswer): Heard {
    this.#messages.push(...response.messages)
    return {
      text,
      calls: toolCalls.map(({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, arguments: input })),
      finish: finishReason,
      inputTokens: usage.inputTokens ?? 0,
      outputTokens: usage.outputTokens ?? 0,
      headers: new Headers(response.headers),
    }
  }

  #settings() {
    const { tools, schema, thinks } = this.#options
    return {
      maxRetries: 0,
      maxOutputTokens: 3000,
      ...(tools && {
        tools: toolSet(tools),
      }),
      ...(schema && { output: Output.object({ schema: jsonSchema(schema) }) }),
      ...(thinks && { providerOptions: this.#thinking }),
    }
  }
}

function toolSet(tools: readonly ClientTool[]): ToolSet {
  return Object.fromEntries(
    tools.map(({ name, description, parameters }) => [
      name,
      tool({ description, inputSchema: jsonSchema(parameters) }),
    ]),
  )
}

interface AiAnswer {
  readonly text: string
  readonly toolCalls: readonly { readonly toolCallId: string; readonly toolName: string; readonly input: unknown }[]
  readonly finishReason: string
  readonly usage: { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined }
  readonly response: { readonly messages: readonly ModelMessage[]; readonly headers?: Record<string, string> }
}
