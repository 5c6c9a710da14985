/*
 * Answers held against the JSON Schema that a caller wrote.
 *
 * Two things in a stranger's schema could hurt: a regular expression that takes for ever, so patterns run on an engine whose time is linear in the text; and a schema
 * that takes long to prepare, so those beyond a size are not. What cannot be prepared does not judge: the provider has the first say about schemas that make no sense.
 */
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { RE2JS } from 're2js'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { LruMap } from '../../lib/lru-map.ts'

/** Says what in a value breaks the schema, with its path; null when nothing does. */
export type SchemaCheck = (value: JsonValue) => string | null

const LARGEST_SCHEMA = 64 * 1024
/** Checks that are kept for the next answers, those used last. */
const KEPT = 200
const prepared = new LruMap<string, SchemaCheck | 'unusable'>(KEPT)

/** The check for a schema; null for one that cannot be used. */
export function schemaCheck(schema: JsonObject): SchemaCheck | null {
  const text = JSON.stringify(schema)
  if (text.length > LARGEST_SCHEMA) return null
  let check = prepared.get(text)
  if (!check) {
    check = prepare(schema) ?? 'unusable'
    prepared.set(text, check)
  }
  return check === 'unusable' ? null : check
}

/** Engines keep what they have compiled, so each schema has its own. */
function prepare({ $schema, $id: _, ...schema }: JsonObject): SchemaCheck | null {
  const isOld = typeof $schema === 'string' && /draft-0[3-7]/.test($schema)
  const engine = isOld ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS)
  formats.default(engine)
  try {
    const validate = engine.compile(schema)
    return (value) => (validate(value) ? null : told(validate))
  } catch {
    return null
  }
}

const OPTIONS: Options = {
  strict: false,
  validateSchema: false,
  logger: false,
  code: { regExp: Object.assign(linear, { code: 'linear' }) },
}

function linear(pattern: string) {
  const engine = RE2JS.compile(pattern)
  return { test: (text: string) => engine.test(text) }
}

function told({ errors }: ValidateFunction): string {
  const [error] = errors ?? []
  return error ? `${placeOf(error)} ${error.message ?? 'is not what the schema says'}` : 'it breaks the schema'
}

/** `/items/0/price` as `items[0].price`. */
function placeOf({ instancePath }: ErrorObject): string {
  const steps = instancePath.split('/').slice(1)
  const path = steps.map((step) =>
    /^\d+$/.test(step) ? `[${step}]` : `.${step.replace(/~1/g, '/').replace(/~0/g, '~')}`,
  )
  return path.join('').replace(/^\./, '') || 'the whole answer'
}
