import { createHash } from 'node:crypto'
import { POLICY_SECTIONS, type PolicySections } from '../../config/policy-sections.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { PolicyChange } from '../../storage/contracts/policy-store.ts'

/** More changes than anybody reads; the sections of both versions are there for the rest. */
const MOST_CHANGES = 200

/** All policy sections, those that were not written as empty ones. */
export function wholeSections(sections: PolicySections): JsonObject {
  const empty = (name: string): JsonValue => (name === 'limits' || name === 'budgets' ? [] : {})
  return Object.fromEntries(POLICY_SECTIONS.map((name) => [name, sections[name] ?? empty(name)]))
}

/** A short name for sections, the same whatever the order of their keys. */
export function hashOf(sections: JsonObject): string {
  return `pol_${createHash('sha256')
    .update(JSON.stringify(sorted(sections)))
    .digest('hex')
    .slice(0, 12)}`
}

/** What differs, value by value: `tasks.rag_answer.default`. Lists of different lengths differ as a whole. */
export function changesBetween(before: JsonObject, after: JsonObject): readonly PolicyChange[] {
  const changes: PolicyChange[] = []
  compare('', before, after, changes)
  return changes.slice(0, MOST_CHANGES)
}

function compare(path: string, before: JsonValue, after: JsonValue, changes: PolicyChange[]): void {
  if (changes.length >= MOST_CHANGES || JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))) return
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(path === '' ? key : `${path}.${key}`, before[key] ?? null, after[key] ?? null, changes)
    }
  } else if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, value] of before.entries()) compare(`${path}[${index}]`, value, after[index] ?? null, changes)
  } else changes.push({ path, before, after })
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const keys = Object.keys(value).toSorted()
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]))
}
