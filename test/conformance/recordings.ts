import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import { FORMATS, formatOf } from './formats.ts'

/** One recorded interaction with a provider, as far as a replay needs it. */
export interface Recording {
  readonly id: string
  readonly provider: string
  /** The wire format both sides spoke. */
  readonly dialect: DialectName
  /** Whether the prompt was only counted. */
  readonly counts: boolean
  /** Whether the caller asked for a stream. */
  readonly stream: boolean
  /** The caller's body; null where only the response was recorded. */
  readonly request: JsonObject | null
  /** Headers of the request that belong to the wire format: `anthropic-beta` and its like. */
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly response: RecordedResponse
}

/** What the provider answered. */
export interface RecordedResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** The body as it went over the wire, for formats that are not text. */
  readonly bytes: Buffer
}

/** A folder that holds no recordings in the form this runner reads. */
export class NoRecordings extends Error {
  override readonly name = 'NoRecordings'
}

/** What each of the recordings' names for an API is here. */
const APIS: ReadonlyMap<string, Pick<Recording, 'dialect' | 'counts'>> = new Map(
  FORMATS.flatMap(({ apis, dialect, counting }) =>
    [...apis, ...(counting ? [counting.api] : [])].map((api) => [api, { dialect, counts: api === counting?.api }]),
  ),
)

/** The recordings of a folder whose wire formats Headgate speaks, in the order of its `index.jsonl`. Throws NoRecordings. */
export function readRecordings(folder: string): Recording[] {
  const lines = readText(join(folder, 'index.jsonl')).split('\n')
  const entries = lines.map((line) => parseJson(line)).filter(isObject)
  return entries.flatMap((entry) => {
    const api = typeof entry.api === 'string' ? APIS.get(entry.api) : undefined
    if (!api || typeof entry.path !== 'string') return []
    const file = parseJson(readText(join(folder, entry.path)))
    if (!isObject(file)) throw new NoRecordings(`${join(folder, entry.path)} is not a JSON object.`)
    return [recordingOf(file, api)]
  })
}

/** How many recordings of each API there are that Headgate does not speak; they are not replayed. Throws NoRecordings. */
export function unspokenApis(folder: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of readText(join(folder, 'index.jsonl')).split('\n')) {
    const entry = parseJson(line)
    if (!isObject(entry) || typeof entry.api !== 'string' || APIS.has(entry.api)) continue
    counts.set(entry.api, (counts.get(entry.api) ?? 0) + 1)
  }
  return counts
}

/** Formats that say in the address whether to stream. */
const STREAM_IN_URL = /stream/i

function recordingOf(file: JsonObject, { dialect, counts }: Pick<Recording, 'dialect' | 'counts'>): Recording {
  const request = isObject(file.request) && isObject(file.request.body) ? file.request : null
  const body = request && isObject(request.body) ? request.body : null
  const response = isObject(file.response) ? file.response : {}
  const recorded = responseOf(response)
  const url = typeof request?.url === 'string' ? request.url : ''
  return {
    id: String(file.id),
    provider: String(file.provider),
    dialect,
    counts,
    stream:
      typeof body?.stream === 'boolean'
        ? body.stream
        : STREAM_IN_URL.test(url) || (body === null && file.stream === true),
    request: body,
    requestHeaders: formatHeaders(request?.headers),
    response: formatOf(dialect).asSent?.(recorded) ?? recorded,
  }
}

function responseOf(response: JsonObject): RecordedResponse {
  const { body, body_encoding: encoding, content_type: type, status } = response
  const text = typeof body === 'string' && encoding !== 'json' ? body : JSON.stringify(body ?? null)
  const isStream = encoding !== 'json' && /^\s*(data|event|id|:)/.test(text)
  const bytes = Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8')
  return {
    status: typeof status === 'number' ? status : 200,
    contentType: typeof type === 'string' && type !== '' ? type : isStream ? 'text/event-stream' : 'application/json',
    body: encoding === 'base64' ? bytes.toString('utf8') : text,
    bytes,
  }
}

function formatHeaders(headers: JsonValue | undefined): Record<string, string> {
  const kept = Object.entries(isObject(headers) ? headers : {}).flatMap(([name, value]) =>
    typeof value === 'string' && /^(anthropic|openai)-/i.test(name) ? [[name.toLowerCase(), value] as const] : [],
  )
  return Object.fromEntries(kept)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new NoRecordings(`${path} cannot be read (${why}). Give the folder that holds index.jsonl.`)
  }
}
