import type { DialectName } from '../../canonical/dialect-name.ts'
import type { JsonObject } from '../../lib/json.ts'

/** What the matrix says in one format; the meaning is the same in all of them. */
export interface MatrixSample {
  readonly dialect: DialectName
  /** A model's name as this format's provider has it. */
  readonly model: string
  /** Parallel tools, one of which fails, a picture, reasoning, an instruction in the middle. */
  readonly request: JsonObject
  /** Reasoning, text, two calls whose arguments interleave where the format allows it: the data of each event. */
  readonly stream: readonly JsonObject[]
  /** Whether each event's data is the only field of an object, under the event's type. Default: the data names its type itself, or has none. */
  readonly namedByKey?: boolean
  /** Whether pictures may be given by their address. Default true. */
  readonly pictureUrls?: boolean
  /** Whether it takes stop texts. Default true. */
  readonly stops?: boolean
  /** Counters that the format has no words for; their tokens are among the output's. Default: none. */
  readonly unsaid?: readonly 'reasoning'[]
}
