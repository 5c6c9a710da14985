/*
 * Schemas that Anthropic (and Bedrock, by the same rules) cannot hold an answer to, not even with some limits less: every object must be closed, and the
 * grammar that a schema becomes has no recursion. An object of any fields, once closed, would allow nothing at all, which is not what was asked.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations (2026-11-21)
 */
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** What of a schema cannot be said, and why; null when all can. `path` leads to the schema. */
export function unsayableIn(schema: JsonObject, path: string): { readonly path: string; readonly why: string } | null {
  return recursionIn(schema, path) ?? openObjectIn(schema, path)
}

/** Throws GatewayError `unsupported_parameter` for a schema of an answer that cannot be held to. */
export function refuseUnsayable(schema: JsonObject, path: string): void {
  const problem = unsayableIn(schema, path)
  if (!problem) return
  const message = `${problem.path}: this model cannot be held to such a schema: ${problem.why}.`
  throw new GatewayError('unsupported_parameter', message, { param: problem.path })
}

function recursionIn(schema: JsonObject, path: string): { path: string; why: string } | null {
  /** Definitions on the way from the root, each of which refers to the next. */
  const goesRound = (value: JsonValue, way: readonly string[]): boolean => {
    if (Array.isArray(value)) return value.some((each) => goesRound(each, way))
    if (!isObject(value)) return false
    const { $ref, $defs: _, definitions: __, ...others } = value
    if (typeof $ref === 'string') {
      if ($ref === '#' || way.includes($ref)) return true
      const target = definitionOf(schema, $ref)
      if (target !== undefined && goesRound(target, [...way, $ref])) return true
    }
    return Object.values(others).some((each) => goesRound(each, way))
  }
  return goesRound(schema, []) ? { path, why: 'it refers to itself; unfold it as deep as you need' } : null
}

function definitionOf({ $defs, definitions }: JsonObject, reference: string): JsonValue | undefined {
  const [, place, name] = /^#\/(\$defs|definitions)\/(.+)$/.exec(reference) ?? []
  const named = place === '$defs' ? $defs : definitions
  return isObject(named) && name !== undefined ? named[name] : undefined
}

function openObjectIn(schema: JsonObject, path: string): { path: string; why: string } | null {
  const { type, properties, additionalProperties } = schema
  const isObjectType = type === 'object' || (Array.isArray(type) && type.includes('object'))
  const isEmpty = !isObject(properties) || Object.keys(properties).length === 0
  if (isObjectType && isEmpty && additionalProperties !== false && !hasVariants(schema)) {
    return { path, why: 'it allows an object of any fields; list its properties' }
  }
  for (const [place, inner] of innerOf(schema, path)) {
    const problem = openObjectIn(inner, place)
    if (problem) return problem
  }
  return null
}

function hasVariants(schema: JsonObject): boolean {
  return ['anyOf', 'oneOf', 'allOf', '$ref', 'enum', 'const'].some((keyword) => schema[keyword] !== undefined)
}

function innerOf(schema: JsonObject, path: string): [string, JsonObject][] {
  const inner: [string, JsonValue | undefined][] = [[`${path}.items`, schema.items]]
  for (const keyword of ['properties', '$defs', 'definitions']) {
    const named = schema[keyword]
    if (isObject(named)) for (const name in named) inner.push([`${path}.${keyword}.${name}`, named[name]])
  }
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const variants = schema[keyword]
    if (!Array.isArray(variants)) continue
    for (const [at, each] of variants.entries()) inner.push([`${path}.${keyword}[${at}]`, each])
  }
  return inner.flatMap(([place, each]): [string, JsonObject][] => (isObject(each) ? [[place, each]] : []))
}
