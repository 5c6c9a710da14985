/*
 * 64 bits in place of a text: of a million states two different ones have the same with a chance of one in thirty million. They are made of numbers as they
 * come, for to write a text of a state and to read it again takes longer than to make the state.
 */

const numbers = new Map<string, number>()

/** What was added, in its order. */
export class Fingerprint {
  high = 0
  low = 0

  constructor() {
    this.clear()
  }

  clear(): void {
    this.high = 0x1eadbeef
    this.low = 0x41c6ce57
  }

  /** Adds a whole number of 32 bits. */
  number(value: number): void {
    this.high = Math.imul(((this.high << 5) | (this.high >>> 27)) ^ value, 0x9e3779b1)
    this.low = Math.imul(((this.low << 13) | (this.low >>> 19)) ^ value, 0x5f356495)
  }

  yes(value: boolean): void {
    this.number(value ? 1 : 2)
  }

  amount(value: bigint): void {
    const whole = Number(value)
    this.number(whole | 0)
    if (whole > 0x7fffffff || whole < -0x7fffffff) this.number(Math.floor(whole / 2 ** 32) | 0)
  }

  /** Adds how many there are, and each. */
  amounts(values: readonly bigint[]): void {
    this.number(values.length)
    for (const value of values) this.amount(value)
  }

  /** Adds a text, of which there are few. */
  word(value: string): void {
    let number = numbers.get(value)
    if (number === undefined) {
      number = numbers.size + 3
      numbers.set(value, number)
    }
    this.number(number)
  }

  /** Adds any text, character by character. */
  text(value: string): void {
    for (let at = 0; at < value.length; at += 1) this.number(value.charCodeAt(at))
  }

  /** Makes every bit depend on every one that was added. */
  end(): this {
    const { high, low } = this
    this.high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
    this.low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(this.high ^ (this.high >>> 13), 3266489909)
    return this
  }
}

/** What was added in whatever order: members are finished fingerprints. */
export class FingerprintSet {
  #high = 0
  #low = 0
  #size = 0

  clear(): void {
    this.#high = 0
    this.#low = 0
    this.#size = 0
  }

  add({ high, low }: Fingerprint): void {
    this.#high = (this.#high + high) | 0
    this.#low = (this.#low + low) | 0
    this.#size += 1
  }

  addTo(whole: Fingerprint): void {
    whole.number(this.#size)
    whole.number(this.#high)
    whole.number(this.#low)
  }
}
