import { isObject, type JsonObject } from '../lib/json.ts'
import { Secret } from '../lib/secret.ts'
import { PROOFS } from './cloud-faults.ts'
import { explainIssue, valueAt } from './explain-issue.ts'
import { configJsonSchema } from './json-schema.ts'
import type { KnownProvider } from './known-provider.ts'
import { isKeyNotYet } from './not-yet.ts'
import { readObject } from './object-document.ts'
import { rememberSections } from './policy-sections.ts'
import { type ConfigProblem, type Fault, type Path, pathText, type SourceDocument } from './problem.ts'
import { brokenReferences } from './references.ts'
import { type Config, type ConfigInput, configSchema } from './schema.ts'
import type { SecretFiles } from './secret-file.ts'
import type { Environment } from './substitute.ts'
import { readYaml } from './yaml-document.ts'

/** A checked config, or everything that is wrong with it. With the files that secrets were read from, or should have been, if there are any. */
export type LoadResult = { readonly secretFiles?: SecretFiles } & (
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }
)

/** What a config is read with. */
export interface LoadOptions {
  /** For `${NAME}`, and for keys that providers usually find there. */
  readonly env: Environment
  readonly knownProviders: readonly KnownProvider[]
  /** Command-line flags that win over the config. */
  readonly overrides?: ConfigOverrides
}

/** What a command line may say over the config. */
export interface ConfigOverrides {
  readonly host?: string
  readonly port?: number
  /** Directory of the embedded ledger. */
  readonly dataDir?: string
}

/** The config in a YAML or JSON text. `file` is only a name for the problems. */
export function loadConfigText(text: string, file: string, options: LoadOptions): LoadResult {
  return loadDocument(readYaml(text, options.env), file, options)
}

/** The config in an object, as `defineConfig` gives it. */
export function loadConfigObject(config: ConfigInput, options: LoadOptions): LoadResult {
  return loadDocument(readObject(config, options.env), null, options)
}

/** The config in a document that was read already. */
export function loadDocument(document: SourceDocument, file: string | null, options: LoadOptions): LoadResult {
  const { secretFiles } = document
  const files = secretFiles.size > 0 ? { secretFiles } : {}
  const fail = (faults: readonly Fault[]): LoadResult => ({
    ok: false,
    problems: located(faults, document, file),
    ...files,
  })
  if (document.value === undefined) return fail(document.faults)
  if (!isObject(document.value)) {
    const message = 'must be a mapping of sections: version, providers, models, tasks, …'
    return fail([...document.faults, { path: [], message }])
  }
  const data = prepare(document.value, options)
  const checked = check(data, document.substituted)
  // A variable that is not set leaves an empty text behind, of which nothing more needs to be said.
  const reported = new Set(document.faults.map(({ path }) => pathText(path)))
  const found = [...checked.faults, ...brokenReferences(data, options.knownProviders)]
  const faults = [...document.faults, ...found.filter(({ path }) => !reported.has(pathText(path)))]
  if (faults.length > 0 || !checked.config) return fail(faults)
  rememberSections(checked.config, data)
  return { ok: true, config: deepFreeze(checked.config), ...files }
}

/** What is settled before the grammar is asked: sections left empty, keys switched off, flags, keys found in the environment. */
function prepare(data: JsonObject, { env, knownProviders, overrides = {} }: LoadOptions): JsonObject {
  for (const [name, value] of Object.entries(data)) if (value === null) delete data[name]
  dropUnused(data, [])
  if (overrides.host !== undefined) sectionOf(data, 'server').host = overrides.host
  if (overrides.port !== undefined) sectionOf(data, 'server').port = overrides.port
  if (overrides.dataDir !== undefined) sectionOf(data, 'storage').url = `embedded:${overrides.dataDir}`
  for (const [name, provider] of Object.entries(isObject(data.providers) ? data.providers : {})) {
    // A key from the environment goes to its own provider only, never to an address that the config names.
    if (!isObject(provider) || provider.api_key !== undefined || provider.base_url !== undefined) continue
    // Whoever writes an identity means that one, whatever keys the environment has.
    if (PROOFS.some((key) => provider[key] !== undefined)) continue
    const variable = knownProviders.find(({ type }) => type === (provider.type ?? name))?.keyVariable
    const key = variable === undefined ? undefined : env[variable]
    if (key) provider.api_key = key
  }
  return data
}

/** A key of a coming feature that says `null` asks for nothing: `hedge: null`. */
function dropUnused(data: unknown, path: Path): void {
  if (Array.isArray(data)) for (const [index, entry] of data.entries()) dropUnused(entry, [...path, index])
  if (!isObject(data)) return
  for (const [key, value] of Object.entries(data)) {
    if (value !== null) dropUnused(value, [...path, key])
    else if (isKeyNotYet([...path, key])) delete data[key]
  }
}

function sectionOf(data: JsonObject, name: string): JsonObject {
  const existing = data[name]
  if (isObject(existing)) return existing
  const made: JsonObject = {}
  if (existing === undefined) data[name] = made
  return made
}

interface Checked {
  readonly config?: Config
  readonly faults: readonly Fault[]
}

/** The grammar. Text from a variable is always text; where a number or a yes-or-no is wanted, it is read as one and checked again. */
function check(data: JsonObject, substituted: ReadonlySet<string>): Checked {
  const first = configSchema.safeParse(data)
  if (first.success) return { config: first.data, faults: [] }
  const schema = configJsonSchema()
  const faults = first.error.issues.flatMap((issue) => explainIssue(issue, data, schema))
  const converted = faults.filter(({ path }) => substituted.has(pathText(path)) && convert(data, path))
  return converted.length > 0 ? check(data, new Set()) : { faults }
}

/** Reads the text at a path as the number or boolean that it spells; false when it spells neither. */
function convert(data: JsonObject, path: Path): boolean {
  const parent = valueAt(data, path.slice(0, -1))
  const last = path.at(-1)
  const text = valueAt(data, path)
  if (typeof text !== 'string' || last === undefined || !(isObject(parent) || Array.isArray(parent))) return false
  if (!/^(?:true|false|-?\d{1,15}(?:\.\d{1,15})?)$/.test(text)) return false
  Object.assign(parent, { [last]: /^[tf]/.test(text) ? text === 'true' : Number(text) })
  return true
}

function located(faults: readonly Fault[], document: SourceDocument, file: string | null): readonly ConfigProblem[] {
  const problems = faults.map(({ path, message, suggestion, position, atKey }): ConfigProblem => {
    const place = position ?? document.position(path, atKey ?? false)
    const problem = { file, line: place?.line ?? null, column: place?.column ?? null, path: pathText(path), message }
    return suggestion === undefined ? problem : { ...problem, suggestion }
  })
  return problems.toSorted(
    (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
  )
}

function deepFreeze<Value>(value: Value): Value {
  if (value instanceof Secret || typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const inner = value instanceof Map ? value.values() : Object.values(value)
  for (const entry of inner) deepFreeze(entry)
  return Object.freeze(value)
}
