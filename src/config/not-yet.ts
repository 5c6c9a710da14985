import type { Path } from './problem.ts'

/**
 * Keys that the documented configuration has and this version does not act on. Written in a config they are refused by that name, because
 * a key that silently does nothing is worse than an error. `*` stands for any one name or position. Each line goes when its feature comes.
 */
const KEYS: readonly string[] = [
  'auth.jwt',
  'caching',
  'alerts.error_rate',
  'alerts.fallback_rate',
  'approvals',
  'tasks.*.cache',
  'tasks.*.guards',
  ...['plans', 'tenants'].flatMap((section) => ['guards', 'content_policy'].map((key) => `${section}.*.${key}`)),
  'guards.default.input',
  'guards.default.tools',
  'guards.default.output',
  'guards.default.on_failure',
  'guards.*',
  'tracing.retention',
  'tracing.otlp',
]

/** Values of the same kind, by the key that holds them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'tracing.content': ['redacted', 'full'],
}

/** Whether a key that the grammar does not know is one that will come. */
export function isKeyNotYet(path: Path): boolean {
  return KEYS.some((pattern) => matches(pattern, path))
}

/** Whether a value that the grammar does not know is one that will come. */
export function isValueNotYet(path: Path, value: unknown): boolean {
  if (typeof value !== 'string') return false
  return Object.entries(VALUES).some(([pattern, values]) => values.includes(value) && matches(pattern, path))
}

function matches(pattern: string, path: Path): boolean {
  const steps = pattern.split('.')
  return steps.length === path.length && steps.every((step, index) => step === '*' || step === path[index])
}

/** The keys that will come, in order. */
export function keysNotYet(): readonly string[] {
  return KEYS.toSorted()
}

/** The values that will come, by key, in order. */
export function valuesNotYet(): readonly (readonly [key: string, values: readonly string[]])[] {
  return Object.entries(VALUES).toSorted()
}
