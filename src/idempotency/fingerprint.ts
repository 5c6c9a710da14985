import { createHash } from 'node:crypto'
import { parseJson } from '../lib/json.ts'

/*
 * What makes a call the same call. Each part is hashed by itself, so that a caller who sends another call under a used key can be told what differs,
 * though nothing of the first call is kept. White space and the order of fields make no difference.
 */

/** A call, taken apart. */
export interface CallParts {
  /** Where it was sent, and how it is to be answered. */
  readonly address: unknown
  /** What it says about itself, by attribute. */
  readonly context: Readonly<Record<string, unknown>>
  /** Its body, by field. */
  readonly body: object
}

/** Bodies with more fields than this are hashed whole. */
const MOST_FIELDS = 64

type Hashes = Readonly<Record<string, string>>

/** The fingerprint of a call, as text that is equal for equal calls. */
export function fingerprintOf({ address, context, body }: CallParts): string {
  return JSON.stringify({ address: hash(address), context: hashes(context), body: hashes(body) })
}

/** What differs between two fingerprints, in words: `the body (model, messages)`. */
export function differencesOf(stored: string, ours: string): string {
  const [first, second] = [partsOf(stored), partsOf(ours)]
  const found: string[] = []
  if (first.address !== second.address) found.push('the address or the headers that say how to answer')
  const context = unlike(first.context, second.context)
  if (context.length > 0) found.push(`the context (${context.join(', ')})`)
  const body = unlike(first.body, second.body)
  if (body.length > 0) found.push(body.includes('*') ? 'the body' : `the body (${body.join(', ')})`)
  return found.join(' and ')
}

function unlike(first: Hashes, second: Hashes): readonly string[] {
  const names = new Set([...Object.keys(first), ...Object.keys(second)])
  return [...names].filter((name) => first[name] !== second[name]).toSorted()
}

function partsOf(fingerprint: string): { address: string; context: Hashes; body: Hashes } {
  return parseJson(fingerprint) as ReturnType<typeof partsOf>
}

function hashes(parts: object): Hashes {
  const said = Object.entries(parts).filter(([, value]) => value !== undefined && value !== null)
  if (said.length > MOST_FIELDS) return { '*': hash(said.toSorted(byName)) }
  return Object.fromEntries(said.toSorted(byName).map(([name, value]) => [shortName(name), hash(value)]))
}

const LONGEST_NAME = 64

function shortName(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}… ${hash(name)}` : name
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}

const HASH_CHARS = 32

function hash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex')
    .slice(0, HASH_CHARS)
}
