import type { Meaning } from '../../conformance/meaning.ts'

/** How a reply ended for its caller: as HTTP says it should, by leaving, or by a connection that broke. */
export type Ended = 'end' | 'left' | 'broken'

/** What a caller heard. */
export interface Heard {
  readonly ended: Ended
  /** 0 when there was no reply. */
  readonly status: number
  /** `provider/model` that answered, as the headers or the answer say; null when nobody did. */
  readonly served: string | null
  readonly meaning: Meaning
  /** What came, to be shown. */
  readonly body: string
}

/** What it means that nothing came. */
export const NOTHING: Meaning = { status: 0, model: null, choices: [], usage: null, error: null, stream: null }
