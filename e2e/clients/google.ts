import { ApiError, type GenerateContentResponse, GoogleGenAI, type Part } from '@google/genai'
import { type Ask, HEADERS, type Heard, type Picture, type SdkClient, type Talk, type TalkOptions } from './client.ts'

/** The `@google/genai` library, with its own chats, which keep the history. */
export const googleClient: SdkClient = {
  title: '@google/genai',
  dialect: 'google-generate-content',
  finishes: { stop: 'STOP', calls: 'STOP' },
  carries: ['anthropic', 'google', 'openai'],
  talk: (options) => new GoogleTalk(options),
  failure: (thrown) => ({
    own: thrown instanceof ApiError,
    status: thrown instanceof ApiError ? thrown.status : undefined,
    retryAfter: undefined,
  }),
}

class GoogleTalk implements Talk {
  readonly #options: TalkOptions
  readonly #client: GoogleGenAI
  #history: ReturnType<ReturnType<GoogleGenAI['chats']['create']>['getHistory']> = []
  #next: Part[] = []

  constructor(options: TalkOptions) {
    this.#options = options
    this.#client = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: options.url, headers: HEADERS } })
  }

  say(text: string, picture?: Picture): void {
    this.#next = [{ text }, ...(picture ? [partOf(picture)] : [])]
  }

  giveResults(results: readonly { readonly id: string; readonly name: string; readonly result: string }[]): void {
    this.#next = results.map(({ id, name, result }) => ({
      functionResponse: { id, name, response: { output: result } },
    }))
  }

  async hear({ model, stream = false, signal, onText }: Ask): Promise<Heard> {
    const chat = this.#client.chats.create({ model, history: this.#history, config: this.#config(signal) })
    const chunks: GenerateContentResponse[] = []
    if (stream) {
      for await (const chunk of await chat.sendMessageStream({ message: this.#next })) {
        chunks.push(chunk)
        if (textIn(chunk)) onText?.(textIn(chunk))
      }
    } else chunks.push(await chat.sendMessage({ message: this.#next }))
    this.#history = chat.getHistory(true)
    const calls = chunks.flatMap((chunk) => partsIn(chunk).flatMap(({ functionCall }) => functionCall ?? []))
    const last = chunks.findLast(({ usageMetadata }) => usageMetadata)?.usageMetadata
    return {
      text: chunks.map(textIn).join(''),
      calls: calls.map(({ id = '', name = '', args }) => ({ id, name, arguments: args })),
      finish: chunks.findLast(({ candidates }) => candidates?.[0]?.finishReason)?.candidates?.[0]?.finishReason ?? null,
      inputTokens: last?.promptTokenCount ?? 0,
      outputTokens: (last?.candidatesTokenCount ?? 0) + (last?.thoughtsTokenCount ?? 0),
      headers: new Headers(chunks[0]?.sdkHttpResponse?.headers),
    }
  }

  #config(signal: AbortSignal | undefined) {
    const { tools, schema, thinks } = this.#options
    return {
      maxOutputTokens: 3000,
      ...(signal && { abortSignal: signal }),
      ...(tools && {
        tools: [
          {
            functionDeclarations: tools.map(({ name, description, parameters }) => ({
              name,
              description,
              parametersJsonSchema: parameters,
            })),
          },
        ],
      }),
      ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
      ...(thinks && { thinkingConfig: { includeThoughts: true, thinkingBudget: 1500 } }),
    }
  }
}

function partsIn(chunk: GenerateContentResponse): readonly Part[] {
  return chunk.candidates?.[0]?.content?.parts ?? []
}

function textIn(chunk: GenerateContentResponse): string {
  return partsIn(chunk)
    .map(({ text, thought }) => (thought ? '' : (text ?? '')))
    .join('')
}

function partOf(picture: Picture): Part {
  return 'url' in picture
    ? { fileData: { fileUri: picture.url, mimeType: 'image/png' } }
    : { inlineData: { mimeType: 'image/png', data: picture.base64 } }
}
