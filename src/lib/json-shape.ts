/*
 * JSON that is small in bytes can be large in every other way: a hundred thousand brackets break whatever walks it by calling itself
 * (`JSON.stringify` among them), a million keys fill the memory. Parsing survives both, so the shape is judged right after it. The walk here calls
 * itself too, but never more often than the limit allows.
 */

/** How large a parsed value may be. */
export interface ShapeLimits {
  /** Objects and lists in one another; a plain value has depth 0. At most a few hundred. */
  readonly depth: number
  /** Members of objects and items of lists, all together. */
  readonly entries: number
}

/** Which limit a parsed JSON value passes; null when it passes none. The work is bounded by the limits. */
export function excessOf(value: unknown, limits: ShapeLimits): 'depth' | 'entries' | null {
  const left = { entries: limits.entries }
  return walk(value, limits.depth, left)
}

function walk(value: unknown, depth: number, left: { entries: number }): 'depth' | 'entries' | null {
  if (typeof value !== 'object' || value === null) return null
  if (depth === 0) return 'depth'
  if (Array.isArray(value)) {
    left.entries -= value.length
    if (left.entries < 0) return 'entries'
    for (const item of value) {
      const excess = walk(item, depth - 1, left)
      if (excess) return excess
    }
    return null
  }
  const object = value as Record<string, unknown>
  for (const key in object) {
    left.entries -= 1
    if (left.entries < 0) return 'entries'
    const excess = walk(object[key], depth - 1, left)
    if (excess) return excess
  }
  return null
}
