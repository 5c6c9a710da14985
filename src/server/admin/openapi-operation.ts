/** A piece of JSON Schema or OpenAPI. */
export type Description = Readonly<Record<string, unknown>>

/** One operation of the service. A test holds this list against the routes that are registered. */
export interface Operation {
  readonly method: 'get' | 'post' | 'delete'
  /** Parameters as `{id}`. */
  readonly path: string
  readonly summary: string
  /** Which keys open it. */
  readonly keys: 'virtual' | 'admin' | 'none'
  /** Of a reply that is none of the errors; 200 by default. */
  readonly status?: 200 | 201 | 204
  readonly body?: Description
  readonly query?: readonly string[]
  /** `rows`: a list as JSON, JSONL or CSV by `accept`. `call`: JSON or a stream of events. `page`: HTML. JSON by default. */
  readonly gives?: 'json' | 'rows' | 'call' | 'page' | 'metrics'
}

/** A text. */
export const text: Description = { type: 'string' }
/** A list of something. */
export const list = (items: Description): Description => ({ type: 'array', items })

/** An object with these properties. */
export function object(required: readonly string[], properties: Description): Description {
  return { type: 'object', required, properties }
}
