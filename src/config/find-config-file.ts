import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The names a config file may have when none is given, the first found wins. */
export const CONFIG_FILE_NAMES = ['headgate.yaml', 'headgate.yml', 'headgate.json'] as const

/** The name of the config file in a directory, or null when there is none. */
export function findConfigFile(directory: string): string | null {
  return CONFIG_FILE_NAMES.find((name) => existsSync(join(directory, name))) ?? null
}
