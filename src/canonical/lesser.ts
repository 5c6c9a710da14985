import type { NanoUsd } from './money.ts'

/** What one model is held against another by. */
export interface Rated {
  /** The upstream's model name. */
  readonly model: string
  /** 1 to 5 as the operator rates it; null where it is not rated. */
  readonly quality: number | null
  /** Nano-USD per million tokens; null where it is not known. */
  readonly price: { readonly input: NanoUsd; readonly output: NanoUsd } | null
}

/** Whether `other` is the lesser of the two: of lower quality as the operator rates them, or cheaper where one of them is not rated. */
export function isLesser(preferred: Rated, other: Rated): boolean {
  if (preferred.quality !== null && other.quality !== null) return other.quality < preferred.quality
  if (preferred.model === other.model || !preferred.price || !other.price) return false
  return other.price.input + other.price.output < preferred.price.input + preferred.price.output
}
