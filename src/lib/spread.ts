/**
 * A number from 0 (included) to 1 (excluded) that belongs to a text: always the same for the same, evenly spread over texts. FNV-1a with the last steps of
 * MurmurHash3, which spread texts that differ in their end alone. Not for secrets.
 */
export function spread(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return (hash >>> 0) / 0x1_0000_0000
}
