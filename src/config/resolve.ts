import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type LoadOptions, type LoadResult, loadConfigObject, loadConfigText } from './load.ts'
import { configNotes } from './notes.ts'
import type { ConfigProblem } from './problem.ts'
import type { Config, ConfigInput } from './schema.ts'
import type { SecretFiles } from './secret-file.ts'
import type { Environment } from './substitute.ts'
import { zeroConfig } from './zero-config.ts'

/** The variables of this process. The only place in Headgate that reads them; everything else is handed what it needs. */
export function processEnvironment(): Environment {
  return process.env
}

/** Where a config comes from. A file wins over an object; with neither, the environment decides. */
export interface ResolveOptions extends LoadOptions {
  readonly file?: string
  readonly object?: ConfigInput
}

/** A config in force, and what is known about it. */
export interface ResolvedConfig {
  readonly ok: true
  readonly config: Config
  readonly source: 'file' | 'object' | 'environment'
  /** Changes when the config's text does: `cfg_1f09a2c4d5e6`. */
  readonly version: string
  /** What a person should be told: which providers were found, who may call. */
  readonly notes: readonly string[]
  /** Files that secrets were read from, if there are any. */
  readonly secretFiles?: SecretFiles
}

/** A config in force, or everything that is wrong with it. */
export type ResolveResult =
  | ResolvedConfig
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly secretFiles?: SecretFiles }

/** The config to run with. Never throws for what a person can get wrong. */
export async function resolveConfig(options: ResolveOptions): Promise<ResolveResult> {
  if (options.file !== undefined) {
    const text = await readConfigFile(options.file)
    if (typeof text !== 'string') return { ok: false, problems: [text] }
    return resolved(loadConfigText(text, options.file, options), 'file', text, [])
  }
  if (options.object !== undefined) {
    return resolved(loadConfigObject(options.object, options), 'object', JSON.stringify(options.object), [])
  }
  const host = options.overrides?.host ?? '127.0.0.1'
  const { config, notes } = zeroConfig(options.env, options.knownProviders, host)
  return resolved(loadConfigObject(config, options), 'environment', JSON.stringify(config), notes)
}

/** The text of a config file, or the problem that kept it from being read. */
export async function readConfigFile(file: string): Promise<string | ConfigProblem> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'there is no such file',
      EACCES: 'this user may not read it',
      EISDIR: 'it is a directory',
    }
    const reason = reasons[String(code)] ?? `the system says ${String(code)}`
    return { file, line: null, column: null, path: '', message: `cannot be read: ${reason}` }
  }
}

/** A short name for a text, the same for the same text. */
export function configVersion(text: string): string {
  return `cfg_${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}

function resolved(
  result: LoadResult,
  source: ResolvedConfig['source'],
  text: string,
  notes: readonly string[],
): ResolveResult {
  if (!result.ok) return result
  return {
    ok: true,
    config: result.config,
    source,
    version: configVersion(text),
    notes: [...notes, ...configNotes(result.config)],
    ...(result.secretFiles ? { secretFiles: result.secretFiles } : {}),
  }
}
