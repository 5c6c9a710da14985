/** One kind of call that is measured. */
export interface Workload {
  readonly name: string
  /** What is sent: the model is a task of the gateway, and means nothing to the others. */
  readonly body: Buffer
  /** The path below which the upstream plays this kind of reply; see `upstream.ts`. */
  readonly reply: string
  /** Chunks of the reply; 0 for one JSON answer. */
  readonly chunks: number
}

const WORDS =
  'the of a gateway "routes" every model call and keeps its books, line by line:\n so that nobody pays twice'.split(' ')

/** The tasks that the gateway is configured with, and what the upstream replies to each. */
export const TASKS: Readonly<Record<string, string>> = {
  answer: 'json',
  least: 'chunks-1',
  short: 'chunks-20',
  long: 'chunks-200',
}

/** JSON calls with a small, a usual and a large prompt. */
export const JSON_CALLS: readonly Workload[] = [
  jsonCall('290 B', bodyOf('answer', 1, 90, false)),
  jsonCall('9 KB', bodyOf('answer', 22, 350, false)),
  jsonCall('214 KB', bodyOf('answer', 60, 3_500, false)),
]

/** The least that a stream can be, a short and a long one; what a chunk costs is the difference of the last two. */
export const STREAMS: readonly [least: Workload, short: Workload, long: Workload] = [
  { name: '1 chunk', body: bodyOf('least', 1, 90, true), reply: 'chunks-1', chunks: 1 },
  { name: '20 chunks', body: bodyOf('short', 1, 90, true), reply: 'chunks-20', chunks: 20 },
  { name: '200 chunks', body: bodyOf('long', 1, 90, true), reply: 'chunks-200', chunks: 200 },
]

function jsonCall(name: string, body: Buffer): Workload {
  return { name, body, reply: 'json', chunks: 0 }
}

/** A chat of `turns` messages with about `charactersEach` characters, as an SDK writes it. */
function bodyOf(task: string, turns: number, charactersEach: number, stream: boolean): Buffer {
  const messages = [{ role: 'system', content: 'You are a helpful assistant. Answer briefly.' }]
  for (let turn = 0; turn < turns; turn += 1) {
    messages.push({ role: turn % 2 === 0 ? 'user' : 'assistant', content: prose(charactersEach, turn) })
  }
  return Buffer.from(JSON.stringify({ model: task, messages, max_tokens: 256, temperature: 0.7, stream }))
}

/** Text with line breaks and quotes, the same in every run. */
function prose(characters: number, seed: number): string {
  let text = ''
  for (let at = seed; text.length < characters; at += 1) text += `${WORDS[(at * 7 + seed) % WORDS.length]} `
  return text.slice(0, characters)
}
