import OpenAI from 'openai'
import { type Ask, HEADERS, type Heard, type Picture, type SdkClient, type Talk, type TalkOptions } from './client.ts'
import { addressOf, openaiFailure } from './openai-chat.ts'

/** The `openai` library by Responses, without anything stored: the caller sends every item back. */
export const openaiResponsesClient: SdkClient = {
  title: 'openai (responses)',
  dialect: 'openai-responses',
  finishes: { stop: 'completed', calls: 'completed' },
  carries: ['anthropic', 'google', 'openai'],
  talk: (options) => new OpenAiResponsesTalk(options),
  failure: openaiFailure,
}

class OpenAiResponsesTalk implements Talk {
  readonly #options: TalkOptions
  readonly #client: OpenAI
  readonly #input: OpenAI.Responses.ResponseInputItem[] = []

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
    const content: OpenAI.Responses.ResponseInputContent[] = [{ type: 'input_text', text }]
    if (picture) content.push({ type: 'input_image', detail: 'auto', image_url: addressOf(picture) })
    this.#input.push({ role: 'user', content })
  }

  giveResults(results: readonly { readonly id: string; readonly result: string }[]): void {
    for (const { id, result } of results)
      this.#input.push({ type: 'function_call_output', call_id: id, output: result })
  }

  async hear({ model, stream = false, signal, onText }: Ask): Promise<Heard> {
    const { answer, headers } = await this.#ask(model, stream, { ...(signal && { signal }) }, onText)
    this.#input.push(...(answer.output as OpenAI.Responses.ResponseInputItem[]))
    return {
      text: answer.output_text,
      calls: answer.output.flatMap((item) =>
        item.type === 'function_call'
          ? [{ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) }]
          : [],
      ),
      finish: answer.status ?? null,
      inputTokens: answer.usage?.input_tokens ?? 0,
      outputTokens: answer.usage?.output_tokens ?? 0,
      headers,
    }
  }

  async #ask(model: string, stream: boolean, options: { signal?: AbortSignal }, onText: Ask['onText']) {
    const asked = { ...this.#fields(), model, input: this.#input }
    if (!stream) {
      const { data, response } = await this.#client.responses.create(asked, options).withResponse()
      return { answer: data, headers: response.headers }
    }
    const running = this.#client.responses.stream(asked, options)
    running.on('response.output_text.delta', ({ delta }) => onText?.(delta))
    return { answer: await running.finalResponse(), headers: new Headers() }
  }

  #fields() {
    const { tools, schema, thinks } = this.#options
    return {
      max_output_tokens: 3000,
      store: false,
      include: ['reasoning.encrypted_content' as const],
      ...(tools && {
        tools: tools.map(({ name, description, parameters }) => ({
          type: 'function' as const,
          strict: false,
          name,
          description,
          parameters,
        })),
      }),
      ...(schema && { text: { format: { type: 'json_schema' as const, name: 'answer', schema, strict: true } } }),
      ...(thinks && { reasoning: { effort: 'medium' as const, summary: 'auto' as const } }),
    }
  }
}
