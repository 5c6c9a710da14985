import { resolve } from 'node:path'
import { findConfigFile } from '../config/find-config-file.ts'
import type { LoadOptions } from '../config/load.ts'
import { type ResolveResult, resolveConfig } from '../config/resolve.ts'
import { providerDefinitions } from '../providers/registry.ts'
import type { CliContext } from './context.ts'

/** Flags that say which configuration is meant. */
export interface ConfigFlags {
  readonly config?: string
  readonly host?: string
  readonly port?: number
  readonly data?: string
}

/** A configuration as `serve` would run with it. */
export interface LoadedConfig {
  /** The file's whole path; null when the environment decides. */
  readonly file: string | null
  readonly loading: LoadOptions
  readonly result: ResolveResult
}

/** The configuration that the flags name, else the file in the working directory, else what the environment gives. */
export async function loadConfig(flags: ConfigFlags, { env, directory }: CliContext): Promise<LoadedConfig> {
  const found = flags.config ?? findConfigFile(directory)
  const file = found === null ? null : resolve(directory, found)
  const loading: LoadOptions = {
    env,
    knownProviders: [...providerDefinitions.values()],
    overrides: {
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags.port === undefined ? {} : { port: flags.port }),
      ...(flags.data === undefined ? {} : { dataDir: flags.data }),
    },
  }
  return { file, loading, result: await resolveConfig({ ...loading, ...(file === null ? {} : { file }) }) }
}
