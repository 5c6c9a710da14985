/** A value that a span may carry. */
export type AttributeValue = string | number | boolean

/** What a span may say about itself; OpenTelemetry `gen_ai.*` names where they exist. Undefined is the same as absent. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

/** How a span ended. */
export type SpanStatus = 'ok' | 'error'

const MAX_ATTRIBUTES = 40
const MAX_CHARS = 1024

/** One timed step of an exchange, while it runs. Times are monotonic; the trace turns them into wall time. */
export class OpenSpan {
  readonly name: string
  readonly kind: string
  readonly parent: OpenSpan | null
  readonly start: number
  end: number | null
  status: SpanStatus
  /** What was set so far; null when that is nothing. */
  attributes: Attributes | null

  constructor(name: string, kind: string, parent: OpenSpan | null, start: number) {
    this.name = name
    this.kind = kind
    this.parent = parent
    this.start = start
    this.end = null
    this.status = 'ok'
    this.attributes = null
  }

  /** Adds attributes, which must not change any more. Long texts are cut, and past the fortieth name nothing more is kept. */
  set(attributes: Attributes): void {
    this.attributes = this.attributes === null && fits(attributes) ? attributes : joined(this.attributes, attributes)
  }
}

/** Whether attributes can be kept as they are, which is nearly always so. */
function fits(attributes: Attributes): boolean {
  let count = 0
  for (const name in attributes) {
    const value = attributes[name]
    count += 1
    if (typeof value === 'string' && value.length > MAX_CHARS) return false
  }
  return count <= MAX_ATTRIBUTES
}

function joined(known: Attributes | null, added: Attributes): Attributes {
  const all: Record<string, AttributeValue | undefined> = {}
  let count = 0
  for (const attributes of [known ?? {}, added]) {
    for (const name in attributes) {
      const value = attributes[name]
      if (value === undefined) continue
      if (!Object.hasOwn(all, name)) {
        if (count >= MAX_ATTRIBUTES) return all
        count += 1
      }
      all[name] = typeof value === 'string' && value.length > MAX_CHARS ? value.slice(0, MAX_CHARS) : value
    }
  }
  return all
}
