import Anthropic, {
  APIError,
  BadRequestError,
  InternalServerError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk'
import {
  type Ask,
  type Failure,
  HEADERS,
  type Heard,
  type Picture,
  type SdkClient,
  type Talk,
  type TalkOptions,
} from './client.ts'

const CLASSES: Readonly<Record<number, abstract new (...given: never) => Error>> = {
  400: BadRequestError,
  403: PermissionDeniedError,
  429: RateLimitError,
  502: InternalServerError,
}

/** The `@anthropic-ai/sdk` library. */
export const anthropicClient: SdkClient = {
  title: '@anthropic-ai/sdk',
  dialect: 'anthropic-messages',
  finishes: { stop: 'end_turn', calls: 'tool_use' },
  carries: ['anthropic', 'google', 'openai'],
  talk: (options) => new AnthropicTalk(options),
  failure(thrown, status): Failure {
    const failed = thrown instanceof APIError ? thrown : null
    return {
      own: thrown instanceof (CLASSES[status] ?? APIError),
      status: failed?.status,
      retryAfter: failed?.headers?.get('retry-after'),
    }
  },
}

class AnthropicTalk implements Talk {
  readonly #options: TalkOptions
  readonly #client: Anthropic
  readonly #messages: Anthropic.MessageParam[] = []

  constructor(options: TalkOptions) {
    this.#options = options
    this.#client = new Anthropic({ baseURL: options.url, apiKey: 'anything', maxRetries: 0, defaultHeaders: HEADERS })
  }

  say(text: string, picture?: Picture): void {
    const content: Anthropic.ContentBlockParam[] = [{ type: 'text', text }]
    if (picture) content.push({ type: 'image', source: sourceOf(picture) })
    this.#messages.push({ role: 'user', content })
  }

  giveResults(results: readonly { readonly id: string; readonly result: string }[]): void {
    const content = results.map(({ id, result }) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: result,
    }))
    this.#messages.push({ role: 'user', content })
  }

  async hear({ model, stream = false, signal, onText }: Ask): Promise<Heard> {
    const { message, headers } = await this.#ask(model, stream, { ...(signal && { signal }) }, onText)
    this.#messages.push({ role: 'assistant', content: message.content })
    return {
      text: message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
      calls: message.content.flatMap((block) =>
        block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
      ),
      finish: message.stop_reason,
      inputTokens: message.usage.input_tokens,
      outputTokens: message.usage.output_tokens,
      headers,
    }
  }

  async #ask(model: string, stream: boolean, options: { signal?: AbortSignal }, onText: Ask['onText']) {
    const asked = { ...this.#fields(), model, messages: this.#messages }
    if (!stream) {
      const { data, response } = await this.#client.messages.create(asked, options).withResponse()
      return { message: data, headers: response.headers }
    }
    const running = this.#client.messages.stream(asked, options)
    running.on('text', (piece) => onText?.(piece))
    return { message: await running.finalMessage(), headers: running.response?.headers ?? new Headers() }
  }

  #fields() {
    const { tools, schema, thinks } = this.#options
    return {
      max_tokens: 3000,
      ...(tools && {
        tools: tools.map(({ name, description, parameters }) => ({
          name,
          description,
          input_schema: { ...parameters, type: 'object' as const },
        })),
      }),
      ...(schema && { output_config: { format: { type: 'json_schema' as const, schema } } }),
      ...(thinks && { thinking: { type: 'enabled' as const, budget_tokens: 1500 } }),
    }
  }
}

function sourceOf(picture: Picture): Anthropic.ImageBlockParam['source'] {
  return 'url' in picture
    ? { type: 'url', url: picture.url }
    : { type: 'base64', media_type: 'image/png', data: picture.base64 }
}
