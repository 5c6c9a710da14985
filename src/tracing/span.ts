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
  end: number | null = null
  status: SpanStatus = 'ok'
  #attributes: Record<string, AttributeValue> | null = null
  #count = 0

  constructor(name: string, kind: string, parent: OpenSpan | null, start: number) {
    this.name = name
    this.kind = kind
    this.parent = parent
    this.start = start
  }

  /** Adds attributes. Long texts are cut, and past the fortieth name nothing more is kept. */
  set(attributes: Attributes): void {
    this.#attributes ??= {}
    for (const name in attributes) {
      const value = attributes[name]
      if (value === undefined) continue
      if (!Object.hasOwn(this.#attributes, name)) {
        if (this.#count >= MAX_ATTRIBUTES) return
        this.#count += 1
      }
      this.#attributes[name] = typeof value === 'string' && value.length > MAX_CHARS ? value.slice(0, MAX_CHARS) : value
    }
  }

  /** What was set so far. */
  get attributes(): Readonly<Record<string, AttributeValue>> {
    return this.#attributes ?? {}
  }
}
