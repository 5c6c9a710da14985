import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** What a choice of a chunk adds to the answer. */
export interface Carried {
  /** Whether there is anything of the answer in it, be it only a signature or a piece of sound. */
  readonly content: boolean
  /** Bytes of text, reasoning, refusal, tool names and arguments. */
  readonly bytes: number
  /** The name of the field that most of the text is in; null when there is none. */
  readonly field: Buffer | null
  /** Whether some of it belongs to a tool call. */
  readonly call: boolean
  /** How many tool calls begin in it. */
  readonly calls: number
}

const NAMES = ['content', 'reasoning_content', 'reasoning', 'refusal', 'arguments'] as const
const NAME_BYTES: ReadonlyMap<string, Buffer> = new Map(NAMES.map((name) => [name, Buffer.from(name)]))

/** Measures the content of one choice. */
export function carriedBy(choice: JsonObject): Carried {
  const delta = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : {}
  const details = Array.isArray(delta.reasoning_details) ? delta.reasoning_details : []
  const sizes = {
    content: sizeOf(delta.content) + (isObject(delta.audio) ? sizeOf(delta.audio.transcript) : 0),
    // Hosts repeat reasoning in several fields; it was generated once.
    reasoning_content: sizeOf(delta.reasoning_content),
    reasoning: delta.reasoning_content ? 0 : sizeOf(delta.reasoning) || sizeOf(details),
    refusal: sizeOf(delta.refusal),
    arguments: sizeOf(delta.tool_calls) + sizeOf(delta.function_call),
  }
  let bytes = 0
  let largest: (typeof NAMES)[number] = 'content'
  for (const name of NAMES) {
    bytes += sizes[name]
    if (sizes[name] > sizes[largest]) largest = name
  }
  return {
    content: bytes > 0 || details.length > 0 || (isObject(delta.audio) && sizeOf(delta.audio.data) > 0),
    bytes,
    field: bytes > 0 ? (NAME_BYTES.get(largest) ?? null) : null,
    call: sizes.arguments > 0,
    calls: Array.isArray(delta.tool_calls) ? delta.tool_calls.filter((call) => isObject(call) && call.id).length : 0,
  }
}

/** Names under which a list or an object holds generated text; the others are envelope. */
const GENERATED: ReadonlySet<string> = new Set([
  ...['text', 'summary', 'thinking', 'refusal', 'name', 'arguments', 'input', 'function', 'custom'],
])

/** The bytes of generated text in a value: a string is text, and lists and objects are looked through. */
function sizeOf(value: JsonValue | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.reduce<number>((total, entry) => total + sizeOf(entry), 0)
  if (!isObject(value)) return 0
  let total = 0
  for (const [name, entry] of Object.entries(value)) if (GENERATED.has(name)) total += sizeOf(entry)
  return total
}
