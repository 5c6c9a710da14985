/*
 * Why strings may be slow for a whole process.
 *
 * V8 brings `String.prototype` into a slow form when a class first extends `String`, and back when code that runs often reads a property of an object
 * that inherits from it. Texts are no such objects: without one it stays slow for good, and each call of a method on any text is looked up anew.
 */

/** V8 learns how properties are read after some rounds only. */
const ROUNDS = 1_000

/** Brings `String.prototype` back into its quick form, where it stays. To be called where a library is loaded that extends `String`. */
export function quickenStrings(): number {
  const heir: { readonly length: number } = Object.create(String.prototype)
  let sum = 0
  for (let round = 0; round < ROUNDS; round += 1) sum += heir.length
  return sum
}
