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

const NAMES = ['content', 'reasoning_content', 'reasoning', 'refusal', 'arguments'].map((name) => Buffer.from(name))
const [CONTENT = null] = NAMES
const EMPTY: JsonObject = {}

/** Measures the content of one choice. */
export function carriedBy({ delta: piece, message }: JsonObject): Carried {
  const delta = isObject(piece) ? piece : isObject(message) ? message : EMPTY
  const { reasoning_details: details, tool_calls: calls } = delta
  const audio = isObject(delta.audio) ? delta.audio : EMPTY
  const hasDetails = Array.isArray(details) && details.length > 0
  const said = sizeOf(delta.content) + sizeOf(audio.transcript)
  // Hosts repeat reasoning in several fields; it was generated once.
  const thought = sizeOf(delta.reasoning_content)
  const alsoThought = delta.reasoning_content ? 0 : sizeOf(delta.reasoning) || (hasDetails ? sizeOf(details) : 0)
  const refused = sizeOf(delta.refusal)
  const called = sizeOf(calls) + sizeOf(delta.function_call)
  const bytes = said + thought + alsoThought + refused + called
  return {
    content: bytes > 0 || hasDetails || sizeOf(audio.data) > 0,
    bytes,
    field: bytes === 0 ? null : said === bytes ? CONTENT : largestOf([said, thought, alsoThought, refused, called]),
    call: called > 0,
    calls: Array.isArray(calls) ? calls.filter((call) => isObject(call) && call.id).length : 0,
  }
}

/** The name of the field with the most of the text, of sizes in the order of the names. */
function largestOf(sizes: readonly number[]): Buffer | null {
  return NAMES[sizes.indexOf(Math.max(...sizes))] ?? null
}

/** Names under which a list or an object holds generated text; the others are envelope. */
const GENERATED: ReadonlySet<string> = new Set([
  ...['text', 'summary', 'thinking', 'refusal', 'name', 'arguments', 'input', 'function', 'custom'],
])

/** The bytes of generated text in a value: a string is text, and lists and objects are looked through. */
function sizeOf(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'string') return value === '' ? 0 : Buffer.byteLength(value)
  if (Array.isArray(value)) return value.reduce<number>((total, entry) => total + sizeOf(entry), 0)
  if (!isObject(value)) return 0
  let total = 0
  for (const [name, entry] of Object.entries(value)) if (GENERATED.has(name)) total += sizeOf(entry)
  return total
}
