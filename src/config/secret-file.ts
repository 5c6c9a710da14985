import { readFileSync, type Stats, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'

/*
 * Secrets that stand in files: `"${file:/run/secrets/openai}"`. Orchestrators mount them, and replace them when they are rotated. What was read is
 * remembered with a stamp of the file, taken before its content was, so that a later change is seen however it falls in time.
 */

/** Longer than any key; a whole service account has two thousand bytes. */
const LONGEST_BYTES = 64 * 1024

/** Files that a config was made with, by their path: stamps that change whenever the files do. */
export type SecretFiles = ReadonlyMap<string, string>

/** What a file gave. */
export type FileSecret =
  | { readonly text: string; readonly stamp: string }
  /** One sentence on what is wrong, without the content. */
  | { readonly fault: string; readonly stamp: string }

/** Stands for a file that is not there. */
const ABSENT = 'none'

/** The secret in a file, without the line breaks at its end. */
export function readSecretFile(path: string): FileSecret {
  if (!isAbsolute(path))
    return { fault: `names the file ${path} by a part of its path; write the whole one`, stamp: ABSENT }
  try {
    const stats = statSync(path)
    const stamp = stampOf(stats)
    if (!stats.isFile()) return { fault: `needs the file ${path}, which is not a file`, stamp }
    if (stats.size > LONGEST_BYTES) return { fault: `needs the file ${path}, which is too large for a secret`, stamp }
    const text = readFileSync(path, 'utf8').replace(/[\r\n]+$/, '')
    return text === '' ? { fault: `needs the file ${path}, which is empty`, stamp } : { text, stamp }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const why = code === 'ENOENT' ? 'which is not there' : code === 'EACCES' ? 'which this user may not read' : code
    return { fault: `needs the file ${path}, ${why}`, stamp: ABSENT }
  }
}

/** Whether any of the files is another than it was when it was read. */
export function secretsMoved(files: SecretFiles): boolean {
  return [...files].some(([path, stamp]) => stampAt(path) !== stamp)
}

function stampAt(path: string): string {
  if (!isAbsolute(path)) return ABSENT
  try {
    return stampOf(statSync(path))
  } catch {
    return ABSENT
  }
}

function stampOf({ mtimeMs, ctimeMs, size, ino }: Stats): string {
  return `${mtimeMs}:${ctimeMs}:${size}:${ino}`
}
