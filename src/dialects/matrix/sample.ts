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
}
