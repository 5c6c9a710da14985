import { type FileSecret, readSecretFile } from './secret-file.ts'

/** Variables by name, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A text with its variables filled in, and what could not be filled. */
export interface Substitution {
  readonly text: string
  /** Whether the text held a variable at all. */
  readonly changed: boolean
  /** What is wrong, one sentence each: a variable that is not set, a form that cannot be read. */
  readonly faults: readonly string[]
}

const FORM = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/
const FILE = 'file:'

/**
 * Fills `${NAME}`, `${NAME:-default}` and `${file:/path}`. A variable that is empty counts as not set, as in a shell: an empty key is never what was meant.
 * `$${` writes a plain `${`. What is filled in is not looked at again, so no variable can name another.
 */
export function substitute(
  text: string,
  env: Environment,
  readFile: (path: string) => FileSecret = readSecretFile,
): Substitution {
  if (!text.includes('${')) return { text, changed: false, faults: [] }
  const faults: string[] = []
  const filled = text.replace(/\$\$\{|\$\{([^{}]*)(\}?)/g, (whole, inside: string | undefined, end: string) => {
    if (inside === undefined) return '${'
    if (end && inside.startsWith(FILE)) {
      const secret = readFile(inside.slice(FILE.length))
      if ('text' in secret) return secret.text
      faults.push(secret.fault)
      return ''
    }
    const [, name, fallback] = (end && FORM.exec(inside)) || []
    if (name === undefined) {
      faults.push(`holds a variable that cannot be read; write \${NAME}, \${NAME:-default} or \${file:/path}`)
      return whole
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value) return value
    if (fallback === undefined) faults.push(`needs the environment variable ${name}, which is not set`)
    return fallback ?? ''
  })
  return { text: filled, changed: true, faults }
}
