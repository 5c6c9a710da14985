import {
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import {
  type Ask,
  HEADERS,
  type Heard,
  type HeardCall,
  type Picture,
  type SdkClient,
  type Talk,
  type TalkOptions,
} from './client.ts'
import { addressOf, openaiFailure } from './openai-chat.ts'

/** LangChain's model of OpenAI by Chat Completions, which keeps no seals at all. */
export const langchainChatClient: SdkClient = {
  title: '@langchain/openai (chat)',
  dialect: 'openai-chat',
  finishes: { stop: 'stop', calls: 'tool_calls' },
  carries: [],
  talk: (options) => new LangChainTalk(options, false),
  failure: openaiFailure,
}

/** LangChain's model of OpenAI by Responses, with nothing stored at the provider. */
export const langchainResponsesClient: SdkClient = {
  title: '@langchain/openai (responses)',
  dialect: 'openai-responses',
  finishes: { stop: 'completed', calls: 'completed' },
  carries: ['anthropic', 'google', 'openai'],
  talk: (options) => new LangChainTalk(options, true),
  failure: openaiFailure,
}

type Chat = Pick<ReturnType<ChatOpenAI['withConfig']>, 'invoke' | 'stream'>

class LangChainTalk implements Talk {
  readonly #options: TalkOptions
  readonly #responses: boolean
  readonly #messages: BaseMessage[] = []

  constructor(options: TalkOptions, responses: boolean) {
    this.#options = options
    this.#responses = responses
  }

  say(text: string, picture?: Picture): void {
    const image = picture ? [{ type: 'image_url', image_url: { url: addressOf(picture) } }] : []
    this.#messages.push(new HumanMessage({ content: [{ type: 'text', text }, ...image] }))
  }

  giveResults(results: readonly (HeardCall & { readonly result: string })[]): void {
    for (const { id, name, result } of results)
      this.#messages.push(new ToolMessage({ tool_call_id: id, name, content: result }))
  }

  async hear(ask: Ask): Promise<Heard> {
    let headers = new Headers()
    const chat = this.#chat(ask.model, (reply) => {
      headers = reply.headers
    })
    const answer = await this.#answer(chat, ask)
    this.#messages.push(answer)
    const { finish_reason: finish, status } = answer.response_metadata
    const usage = answer.usage_metadata as UsageMetadata | undefined
    return {
      text: answer.text,
      calls: (answer.tool_calls ?? []).map(({ id = '', name, args }) => ({ id, name, arguments: args })),
      finish: String(this.#responses ? status : finish),
      inputTokens: usage?.input_tokens ?? 0,
      outputTokens: usage?.output_tokens ?? 0,
      headers,
    }
  }

  async #answer(chat: Chat, { stream, signal, onText }: Ask): Promise<AIMessage> {
    const options = signal ? { signal } : {}
    if (!stream) return chat.invoke(this.#messages, options)
    let whole: AIMessageChunk | undefined
    for await (const chunk of await chat.stream(this.#messages, options)) {
      whole = whole ? whole.concat(chunk) : chunk
      if (chunk.text) onText?.(chunk.text)
    }
    if (!whole) throw new Error('there is no answer')
    return whole
  }

  #chat(model: string, onReply: (reply: Response) => void): Chat {
    const { url, tools, schema, thinks } = this.#options
    const chat = new ChatOpenAI({
      model,
      apiKey: 'anything',
      maxRetries: 0,
      maxTokens: 3000,
      useResponsesApi: this.#responses,
      zdrEnabled: this.#responses,
      // Its own field for this is left out for models that it does not know.
      ...(thinks && {
        modelKwargs: this.#responses
          ? { reasoning: { effort: 'medium', summary: 'auto' } }
          : { reasoning_effort: 'medium' },
      }),
      configuration: {
        baseURL: `${url}/v1`,
        defaultHeaders: HEADERS,
        async fetch(input, init) {
          const reply = await fetch(input, init)
          onReply(reply)
          return reply
        },
      },
    })
    return chat.withConfig({
      ...(tools && { tools: tools.map((one) => ({ type: 'function' as const, function: { ...one } })) }),
      ...(schema && {
        response_format: { type: 'json_schema' as const, json_schema: { name: 'answer', schema, strict: true } },
      }),
      ...(this.#responses && { include: ['reasoning.encrypted_content' as const] }),
    })
  }
}
