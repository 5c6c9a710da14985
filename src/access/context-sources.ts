import { GatewayError } from '../errors/gateway-error.ts'
import { isObject } from '../lib/json.ts'
import type { CallContext } from './context.ts'
import { CONTEXT_FIELDS, type ContextField, checkedValue, FIELD_BY_NAME } from './context-fields.ts'
import { contextOf, UNNAMED } from './context-of.ts'
import { type HeaderBag, headerValues } from './header-bag.ts'

/** A checked attribute and the place it came from, in the caller's words. */
export interface Found {
  readonly value: string
  readonly path: string
}

/** All values of one place, by snake_case name. */
export type Source = ReadonlyMap<string, Found>

/** A place where nothing was said. */
const SILENCE: Source = new Map()
const SILENT_HEADERS: HeaderSource = { source: SILENCE, unknown: [] }

const PREFIX = 'x-headgate-'
const FIELD_BY_HEADER: ReadonlyMap<string, ContextField> = new Map(CONTEXT_FIELDS.map((one) => [one.header, one]))

/** Headers of Headgate that are no context. */
const OTHER_HEADERS = new Set(
  ['trace-id', 'cache', 'dry-run', 'mode', 'approval', 'signature'].map((name) => `${PREFIX}${name}`),
)

interface HeaderSource {
  readonly source: Source
  readonly unknown: readonly string[]
}

/** Attributes that the process itself set: the fields of `chat`, or what `fetchFor` is bound to. Snake_case names. */
export function fromProcess(values: Readonly<Record<string, unknown>> | undefined): Source {
  return values === undefined ? SILENCE : collect((field) => ({ value: values[field.name], path: field.camel }))
}

/**
 * Attributes in `x-headgate-…` headers, and those of these headers that mean nothing here, most likely misspelt. A header that came
 * twice with two values is refused.
 */
export function fromHeaders(headers: HeaderBag): HeaderSource {
  let source: Map<string, Found> | null = null
  let unknown: string[] | null = null
  // Most calls have none of them: the headers that came are fewer than those that could have.
  for (const name in headers) {
    if (!name.startsWith(PREFIX) || OTHER_HEADERS.has(name)) continue
    const field = FIELD_BY_HEADER.get(name)
    if (field) {
      source ??= new Map()
      put(source, field, { value: onlyValue(headers, name), path: name })
    } else {
      unknown ??= []
      unknown.push(name)
    }
  }
  return source || unknown ? { source: source ?? SILENCE, unknown: unknown ?? [] } : SILENT_HEADERS
}

function onlyValue(headers: HeaderBag, name: string): string | undefined {
  const values = new Set(headerValues(headers, name))
  if (values.size > 1) {
    throw new GatewayError('invalid_request', `${name} was sent twice with different values.`, { param: name })
  }
  const [value] = values
  return value === undefined ? undefined : utf8(value)
}

/** Attributes in the body's `metadata`. Throws `invalid_request` when it is no object. */
export function fromMetadata(metadata: unknown): Source {
  if (metadata === undefined || metadata === null) return SILENCE
  if (!isObject(metadata)) {
    throw new GatewayError('invalid_request', 'metadata must be an object.', { param: 'metadata' })
  }
  return collect((field) => ({
    value: Object.hasOwn(metadata, field.name) ? metadata[field.name] : undefined,
    path: `metadata.${field.name}`,
  }))
}

/** What a key says of its calls. */
export interface KeyDefaults {
  readonly source: Source
  /** The context of its calls where they say nothing themselves, but for what comes from the tenant. */
  readonly context: CallContext
}

/** Read once for each key, whatever the number of its calls. */
const ofKeys = new WeakMap<object, KeyDefaults>()

/** Attributes bound to a key. */
export function fromKeyDefaults(defaults: Readonly<Record<string, string>>): KeyDefaults {
  let known = ofKeys.get(defaults)
  if (!known) {
    const source = collect((field) => ({
      value: Object.hasOwn(defaults, field.name) ? defaults[field.name] : undefined,
      path: `defaults.${field.name}`,
    }))
    known = { source, context: silentContext((name) => source.get(name)?.value ?? null) }
    ofKeys.set(defaults, known)
  }
  return known
}

function silentContext(text: (name: string) => string | null): CallContext {
  const said = { userId: text('user_id'), task: text('task'), region: text('region') }
  return contextOf(text, { ...said, tenantId: UNNAMED, plan: null })
}

/** Checks the defaults of a key that is to be made. Throws `invalid_request` for unknown names and wrong values. */
export function checkKeyDefaults(defaults: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(defaults)) {
    const field = FIELD_BY_NAME.get(name)
    const path = `defaults.${name}`
    if (!field || name === 'plan') {
      const known = [...FIELD_BY_NAME.keys()].filter((one) => one !== 'plan').join(', ')
      throw new GatewayError('invalid_request', `${path} is no context attribute. Known: ${known}.`, { param: path })
    }
    const text = checkedValue(field.rule, typeof value === 'number' ? String(value) : value, path)
    if (text !== null) checked[name] = text
  }
  return checked
}

function collect(read: (field: ContextField) => { readonly value: unknown; readonly path: string }): Source {
  const source = new Map<string, Found>()
  for (const field of CONTEXT_FIELDS) put(source, field, read(field))
  return source
}

function put(
  source: Map<string, Found>,
  field: ContextField,
  { value, path }: { readonly value: unknown; readonly path: string },
): void {
  const text = checkedValue(field.rule, value, path)
  if (text !== null) source.set(field.name, { value: text, path })
}

/** Header bytes arrive as Latin-1; names in other alphabets are UTF-8 underneath. */
function utf8(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value
  const text = Buffer.from(value, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? value : text
}
