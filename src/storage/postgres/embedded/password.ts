import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Secret } from '../../../lib/secret.ts'
import { readIfPresent, writeDurably } from './durable-file.ts'
import { failure } from './failure.ts'

const FILE = 'postgres-password'

/**
 * The password of the data directory's database: 192 random bits in URL-safe letters, readable by its owner alone.
 * It is made before the cluster is, so that a cluster without it means that it was lost.
 */
export async function databasePassword(dataDirectory: string, clusterExists: boolean): Promise<Secret> {
  const path = join(dataDirectory, FILE)
  const stored = (await readIfPresent(path))?.trim()
  if (stored) return new Secret(stored)
  if (clusterExists) throw failure(`The password of the database is missing: restore ${path}.`)
  const made = randomBytes(24).toString('base64url')
  await writeDurably(path, `${made}\n`, 0o600)
  return new Secret(made)
}
