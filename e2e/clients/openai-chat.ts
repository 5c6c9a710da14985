import OpenAI, { APIError, BadRequestError, InternalServerError, PermissionDeniedError, RateLimitError } from 'openai'
import {
  type Ask,
  type Failure,
  HEADERS,
  type Heard,
  type Picture,
  type SdkClient,
  type TalkOptions,
} from './client.ts'

type Message = OpenAI.ChatCompletionMessageParam

const CLASSES: Readonly<Record<number, abstract new (...given: never) => Error>> = {
  400: BadRequestError,
  403: PermissionDeniedError,
  429: RateLimitError,
  502: InternalServerError,
}

/** The `openai` library by Chat Completions. */
export const openaiChatClient: SdkClient = {
  title: 'openai (chat)',
  dialect: 'openai-chat',
  finishes: { stop: 'stop', calls: 'tool_calls' },
  carries: ['anthropic', 'google', 'openai'],
  talk: (options) => new OpenAiChatTalk(options),
  failure: openaiFailure,
}

/** What `openai` says of an error reply, in either of its formats. */
export function openaiFailure(thrown: unknown, status: number): Failure {
  const failed = thrown instanceof APIError ? thrown : null
  return {
    own: thrown instanceof (CLASSES[status] ?? APIError),
    status: failed?.status,
    retryAfter: failed?.headers?.get('retry-after'),
  }
}

class OpenAiChatTalk {
  readonly #options: TalkOptions
  readonly #client: OpenAI
  readonly #messages: Message[] = []

  constructor(options: TalkOptions) {
    this.#options = options
    this.#client = new OpenAI({
      baseURL: `${options.url}/v1`,
      apiKey: 'anything',
      maxRetries: 0,
      defaultHeaders: HEADERS,
    })
  }

  say(text: string, picture?: Picture): void {
    const content: OpenAI.ChatCompletionContentPart[] = [{ type: 'text', text }]
    if (picture) content.push({ type: 'image_url', image_url: { url: addressOf(picture) } })
    this.#messages.push({ role: 'user', content: picture ? content : text })
  }

  giveResults(results: readonly { readonly id: string; readonly result: string }[]): void {
    for (const { id, result } of results) this.#messages.push({ role: 'tool', tool_call_id: id, content: result })
  }

  async hear({ model, stream = false, signal, onText }: Ask): Promise<Heard> {
    const { completion, headers } = await this.#complete(model, stream, { ...(signal && { signal }) }, onText)
    const [choice] = completion.choices
    if (!choice) throw new Error('there is no choice')
    this.#messages.push(choice.message)
    return {
      text: choice.message.content ?? '',
      calls: (choice.message.tool_calls ?? []).flatMap((call) =>
        call.type === 'function'
          ? [{ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) }]
          : [],
      ),
      finish: choice.finish_reason,
      inputTokens: completion.usage?.prompt_tokens ?? 0,
      outputTokens: completion.usage?.completion_tokens ?? 0,
      headers,
    }
  }

  async #complete(model: string, stream: boolean, options: { signal?: AbortSignal }, onText: Ask['onText']) {
    const asked = { ...this.#fields(), model, messages: this.#messages }
    if (!stream) {
      const { data, response } = await this.#client.chat.completions.create(asked, options).withResponse()
      return { completion: data, headers: response.headers }
    }
    const running = this.#client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } }, options)
    running.on('content', (piece) => onText?.(piece))
    return { completion: await running.finalChatCompletion(), headers: new Headers() }
  }

  #fields() {
    const { tools, schema, thinks } = this.#options
    return {
      max_completion_tokens: 3000,
      ...(tools && {
        tools: tools.map(({ name, description, parameters }) => ({
          type: 'function' as const,
          function: { name, description, parameters },
        })),
      }),
      ...(schema && {
        response_format: { type: 'json_schema' as const, json_schema: { name: 'answer', schema, strict: true } },
      }),
      ...(thinks && { reasoning_effort: 'medium' as const }),
    }
  }
}

/** A picture's address, which may be its bytes. */
export function addressOf(picture: Picture): string {
  return 'url' in picture ? picture.url : `data:image/png;base64,${picture.base64}`
}
