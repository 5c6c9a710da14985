import { readdirSync, readFileSync } from 'node:fs'
import type { Usage } from '../canonical/usage.ts'

/*
 * Reads the price cases of `golden/`, one file a provider. A case is one line: the model, how it was served, what was counted at which list price, and the sum
 * in nano-USD with each part rounded up to a whole one.
 *
 *   gpt-5 [served=priority]: 1000 input 2.50 + 200 cached 0.25 + 100 output 20.00 = 4_550_000
 *
 * Prices are USD per million tokens, and per thousand for what is paid by the piece. `source` and `read` say where the prices of the lines below them were
 * read, and when. The sums were made apart from this program, by hand or by a calculator; `listCost` makes them once more.
 */

/** A price case. */
export interface GoldenCase {
  /** Where it stands: `openai.txt:12`. */
  readonly at: string
  /** As the price data names it. */
  readonly provider: string
  readonly model: string
  readonly usage: Usage
  readonly terms: readonly GoldenTerm[]
  readonly asked: string | undefined
  /** The day on which the call was made. */
  readonly on: string
  readonly host: string | undefined
  readonly nanoUsd: bigint
  readonly source: string
  readonly read: string
}

/** One part of a case: so many of something at a list price. */
export interface GoldenTerm {
  readonly count: number
  readonly unit: string
  readonly price: string
}

const TOKEN_UNITS: Readonly<Record<string, keyof Usage>> = {
  input: 'inputUncached',
  cached: 'cacheRead',
  'cached-audio': 'cacheReadAudio',
  write: 'cacheWrite5m',
  'write-1h': 'cacheWrite1h',
  audio: 'inputAudio',
  output: 'outputText',
  reasoning: 'reasoning',
  'audio-out': 'outputAudio',
  'image-out': 'outputImage',
}
const PIECE_UNITS: Readonly<Record<string, keyof Usage | null>> = {
  searches: 'webSearches',
  'file-searches': 'fileSearches',
  'code-sessions': 'codeSessions',
  calls: null,
}

const PRICE_PROVIDERS: Readonly<Record<string, string>> = { 'openai-tiers': 'openai', xai: 'x-ai' }
const TODAY = '2026-11-21'

/** Every case there is. Throws for a line that is none. */
export function goldenCases(): readonly GoldenCase[] {
  const folder = new URL('./golden/', import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .toSorted()
    .flatMap((name) => casesOf(name, readFileSync(new URL(name, folder), 'utf8')))
}

function casesOf(file: string, text: string): readonly GoldenCase[] {
  const stem = file.replace(/\.txt$/, '')
  let provider = PRICE_PROVIDERS[stem] ?? stem
  let source = ''
  let read = ''
  return text.split('\n').flatMap((line, index): GoldenCase[] => {
    const at = `${file}:${index + 1}`
    if (line.trim() === '' || line.startsWith('#')) return []
    const [, word = '', value = ''] = /^(source|read|provider) (\S+)$/.exec(line) ?? []
    if (word === 'source') source = value
    if (word === 'read') read = value
    if (word === 'provider') provider = value
    return word ? [] : [{ ...caseOf(line, at), at, provider, source, read }]
  })
}

function caseOf(line: string, at: string): Omit<GoldenCase, 'at' | 'provider' | 'source' | 'read'> {
  const [, model, notes = '', said = '', sum = ''] = /^(\S+?)((?: \[\w+=\S+\])*): (.+) = ([\d_]+)$/.exec(line) ?? []
  if (model === undefined) throw new Error(`${at} is no price case: ${line}`)
  const note = new Map([...notes.matchAll(/\[(\w+)=(\S+)\]/g)].map(([, name = '', value = '']) => [name, value]))
  const terms = said === 'stated' ? [] : said.split(' + ').map((term) => termOf(term, at))
  const billed = note.get('billed')
  const usage: Record<string, number | string> = {
    ...(note.has('served') ? { serviceTier: note.get('served') ?? '' } : {}),
    ...(note.has('place') ? { geography: note.get('place') ?? '' } : {}),
    ...(billed === undefined ? {} : { billedUsd: Number(billed) }),
  }
  for (const { count, unit } of terms) {
    const counter = TOKEN_UNITS[unit] ?? PIECE_UNITS[unit]
    if (counter) usage[counter] = count
  }
  return {
    model,
    usage,
    terms,
    asked: note.get('asked'),
    on: note.get('on') ?? TODAY,
    host: note.get('host'),
    nanoUsd: BigInt(sum.replaceAll('_', '')),
  }
}

function termOf(text: string, at: string): GoldenTerm {
  const [, count, unit = '', price = ''] = /^(\d+) ([a-z0-9-]+) (\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (count === undefined || !(unit in TOKEN_UNITS || unit in PIECE_UNITS)) throw new Error(`${at}: ${text}`)
  return { count: Number(count), unit, price }
}

/** The sum of a case's parts, from nothing but its own line: count × price in whole numbers, each part rounded up to a nano-USD. */
export function listCost(terms: readonly GoldenTerm[]): bigint {
  let sum = 0n
  for (const { count, unit, price } of terms) {
    const [whole = '0', decimals = ''] = price.split('.')
    const scaled = BigInt(whole + decimals) * BigInt(count) * 1_000_000_000n
    const parts = 10n ** BigInt(decimals.length) * (unit in TOKEN_UNITS ? 1_000_000n : 1000n)
    sum += (scaled + parts - 1n) / parts
  }
  return sum
}
