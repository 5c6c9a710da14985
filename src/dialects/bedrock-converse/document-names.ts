/*
 * Names of documents. Bedrock demands one for each, takes few characters in it, and no name twice in a request; it also warns that the model may read it
 * as an instruction. The caller's name is kept as far as it can be spelled, without its ending; a document without a name gets a number.
 */

const MOST_CHARACTERS = 200

/** Gives the documents of one request their names, in the order they are asked for. */
export class DocumentNames {
  readonly #given = new Set<string>()

  /** The name to write. The same request always gets the same ones. */
  next(name: string | undefined): string {
    const wanted = plain(name ?? '') || 'Document'
    let given = wanted
    for (let number = 2; this.#given.has(given.toLowerCase()); number += 1) given = `${wanted} ${number}`
    this.#given.add(given.toLowerCase())
    return given
  }
}

function plain(name: string): string {
  return name
    .replace(/\.[a-zA-Z0-9]{1,5}$/, '')
    .replace(/[^a-zA-Z0-9\s\-()[\]]+/g, '-')
    .replace(/\s+/g, ' ')
    .slice(0, MOST_CHARACTERS)
    .replace(/^[\s-]+|[\s-]+$/g, '')
}
