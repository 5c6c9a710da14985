import type * as z from 'zod'
import { nearestName } from '../lib/edit-distance.ts'
import { isObject } from '../lib/json.ts'
import { type SchemaNode, schemasAt } from './json-schema.ts'
import { isKeyNotYet, isValueNotYet } from './not-yet.ts'
import type { Fault, Path } from './problem.ts'

type Issue = z.core.$ZodIssue

/** The faults that a validation issue stands for, in our own words. `data` is what was validated. */
export function explainIssue(issue: Issue, data: unknown, schema: SchemaNode, above: Path = []): readonly Fault[] {
  const path: Path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, schema))
    case 'invalid_union':
      return explainUnion(issue, path, data, schema)
    case 'invalid_key':
      return [{ path, message: issue.issues[0]?.message ?? 'is not a good name', atKey: true }]
    case 'invalid_value':
      return [unknownValue(path, valueAt(data, path), issue.values)]
    case 'invalid_type':
      return [wrongType(path, valueAt(data, path), issue.expected)]
    case 'too_small':
      return [{ path, message: tooSmall(issue.origin, issue.minimum) }]
    case 'too_big':
      return [{ path, message: `must be at most ${issue.maximum}` }]
    default:
      return [{ path, message: issue.message }]
  }
}

function unknownKey(path: Path, key: string, schema: SchemaNode): Fault {
  const keyPath = [...path, key]
  const known = schemasAt(schema, path).flatMap((node) => Object.keys(node.properties ?? {}))
  if (isKeyNotYet(keyPath)) return { path: keyPath, message: 'is not supported yet', atKey: true }
  const fault: Fault = { path: keyPath, message: `is not a key here; valid keys: ${known.join(', ')}`, atKey: true }
  const suggestion = nearestName(key, known)
  return suggestion === undefined ? fault : { ...fault, message: 'is not a key here', suggestion }
}

function unknownValue(path: Path, value: unknown, valid: readonly unknown[]): Fault {
  const choices = valid.length === 1 ? `must be ${valid[0]}` : `must be one of ${valid.join(', ')}`
  if (value === undefined) return { path, message: `is missing; it ${choices}` }
  if (isValueNotYet(path, value))
    return { path, message: `has a value that is not supported yet; for now it ${choices}` }
  const suggestion = typeof value === 'string' ? nearestName(value, valid.map(String)) : undefined
  return suggestion === undefined ? { path, message: choices } : { path, message: choices, suggestion }
}

/** One alternative was meant: the one whose kind fits what was written, else the one that fits best. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  data: unknown,
  schema: SchemaNode,
): readonly Fault[] {
  const value = valueAt(data, path)
  const sameKind = issue.errors.filter((errors) => isOfKind(errors, value))
  const [meant, ...others] = sameKind.toSorted((one, other) => one.length - other.length)
  if (meant && (others.length === 0 || meant.length > 0)) {
    return meant.flatMap((inner) => explainIssue(inner, data, schema, path))
  }
  const expected = issue.errors.flatMap((errors) =>
    errors.flatMap((error) => (error.code === 'invalid_type' ? [kindName(error.expected)] : [])),
  )
  const wanted = [...new Set(expected)].join(' or ') || 'something else'
  return [{ path, message: `must be ${wanted}, not ${kindOf(value)}` }]
}

/** Whether the faults are about what is inside of what was written, not about what kind of thing it is. */
function isOfKind(errors: readonly Issue[], value: unknown): boolean {
  return !errors.some((error) => {
    if (error.path.length > 0) return false
    if (error.code === 'invalid_value') return typeof value === 'object'
    if (error.code === 'invalid_union') return !error.errors.some((inner) => isOfKind(inner, value))
    return error.code === 'invalid_type'
  })
}

function wrongType(path: Path, value: unknown, expected: string): Fault {
  if (value === undefined) return { path, message: `is missing; it must be ${kindName(expected)}` }
  const hint =
    expected === 'string' && (typeof value === 'number' || typeof value === 'boolean') ? '; put it in quotes' : ''
  return { path, message: `must be ${kindName(expected)}, not ${kindOf(value)}${hint}` }
}

function tooSmall(origin: string, minimum: number | bigint): string {
  if (origin === 'array')
    return minimum === 1 ? 'must have at least one entry' : `must have at least ${minimum} entries`
  if (origin === 'string') return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} characters`
  return `must be at least ${minimum}`
}

function kindName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
  }
  return names[expected] ?? expected
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' && !Number.isFinite(value)) return 'an infinite number'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number with a fraction'
  const names: Readonly<Record<string, string>> = { string: 'text', boolean: 'true or false', object: 'a mapping' }
  return names[typeof value] ?? `a ${typeof value}`
}

/** What is at a path of plain data; undefined when there is nothing. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)]
    else if (isObject(value) && Object.hasOwn(value, step)) value = value[step]
    else return undefined
  }
  return value
}
