import { inspect } from 'node:util'

/**
 * A secret that cannot be printed by accident: string conversion, JSON and inspection all give `***`.
 * Only `reveal()` gives the text, so that every use can be found by searching for it.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The secret itself. Call it only where it leaves for the place it belongs to. */
  reveal(): string {
    return this.#text
  }

  /** The text with every occurrence of the secret replaced: for words of others that may quote it. */
  redact(text: string): string {
    return this.#text === '' ? text : text.replaceAll(this.#text, '***')
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return '***'
  }
}
