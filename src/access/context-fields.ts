import { QUALITIES, RISKS, SENSITIVITIES } from '../canonical/call-words.ts'
import { GatewayError } from '../errors/gateway-error.ts'

/** How a context attribute is read: as short text, as one of a few words, or as a number in a range. */
export type FieldRule =
  | { readonly type: 'text' }
  | { readonly type: 'word'; readonly words: readonly string[] }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly whole: boolean }

/** One context attribute, by the names it has in each place. */
export interface ContextField {
  /** `tenant_id`: its name in metadata, key defaults and configuration. */
  readonly name: string
  /** `x-headgate-tenant-id`. */
  readonly header: string
  /** `tenantId`: its name in the library. */
  readonly camel: string
  readonly rule: FieldRule
}

const TEXT: FieldRule = { type: 'text' }
const MAX_CHARS = 256
const DECIMAL = /^\d{1,15}(\.\d{1,20})?$/
// Control characters, line separators, zero-width and bidirectional marks: what could forge a log line or look like another name.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Every attribute of a call, in the order of the reference. */
export const CONTEXT_FIELDS: readonly ContextField[] = [
  field('tenant_id'),
  field('user_id'),
  field('team_id'),
  field('feature'),
  field('task'),
  field('plan'),
  field('risk', { type: 'word', words: RISKS }),
  field('quality', { type: 'word', words: QUALITIES }),
  field('priority'),
  field('visibility'),
  field('data_sensitivity', { type: 'word', words: SENSITIVITIES }),
  field('region'),
  field('latency_target_ms', { type: 'number', min: 1, max: 86_400_000, whole: true }),
  field('max_cost_usd', { type: 'number', min: 0, max: 1_000_000_000, whole: false }),
  field('prompt_version'),
  field('run_id'),
  field('retrieved_documents', { type: 'number', min: 0, max: 1_000_000, whole: true }),
  field('permission_scope'),
]

/** The attributes by their snake_case name. */
export const FIELD_BY_NAME: ReadonlyMap<string, ContextField> = new Map(CONTEXT_FIELDS.map((one) => [one.name, one]))

/**
 * One value, checked: trimmed text (numbers stay text, in plain decimal form), or null when it is empty.
 * Throws GatewayError `invalid_request` that names `path`, the place the value came from.
 */
export function checkedValue(rule: FieldRule, value: unknown, path: string): string | null {
  if (value === null || value === undefined) return null
  if (typeof value !== 'string' && !(rule.type === 'number' && typeof value === 'number')) {
    throw wrong(path, rule.type === 'number' ? 'must be a number' : 'must be a text')
  }
  const text = typeof value === 'number' ? plainDecimal(value) : value.trim()
  if (text === '') return null
  if (text.length > MAX_CHARS) throw wrong(path, `is longer than ${MAX_CHARS} characters`)
  if (UNSAFE.test(text) || !text.isWellFormed()) throw wrong(path, 'contains control or invisible characters')
  if (rule.type === 'word' && !rule.words.includes(text)) throw wrong(path, `must be one of ${rule.words.join(', ')}`)
  if (rule.type === 'number') checkNumber(rule, text, path)
  return text
}

function checkNumber(rule: Extract<FieldRule, { type: 'number' }>, text: string, path: string): void {
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN
  if (!(number >= rule.min && number <= rule.max) || (rule.whole && !Number.isInteger(number))) {
    throw wrong(path, `must be a ${rule.whole ? 'whole ' : ''}number from ${rule.min} to ${rule.max}`)
  }
}

function plainDecimal(value: number): string {
  const text = String(value)
  return text.includes('e-') ? value.toFixed(20) : text
}

function wrong(path: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `${path} ${what}.`, { param: path })
}

function field(name: string, rule: FieldRule = TEXT): ContextField {
  return {
    name,
    header: `x-headgate-${name.replaceAll('_', '-')}`,
    camel: name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    rule,
  }
}
