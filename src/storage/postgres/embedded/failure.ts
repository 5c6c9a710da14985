import { GatewayError } from '../../../errors/gateway-error.ts'

const LAST_LINES = 8

const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
  [/No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/, 'The disk is full: make room and start again.'],
  [/Read-only file system|EROFS/, 'The file system is read-only: choose a data directory that can be written.'],
  [
    /Permission denied|Operation not permitted|EACCES|EPERM/,
    'A permission is missing: look at the owner and the mode of the path named here.',
  ],
  [
    /Cannot allocate memory|could not map anonymous shared memory|out of memory/i,
    'The machine has too little free memory for PostgreSQL.',
  ],
  [
    /pre-existing shared memory block/,
    'Processes of a server that was killed are still ending a query: wait for them or end them, then start again.',
  ],
]

/** An error of the embedded server: `ledger_unavailable` with what happened and what to do. */
export function failure(message: string, cause?: unknown): GatewayError {
  return new GatewayError('ledger_unavailable', message, { cause })
}

/** The failure of a PostgreSQL program: what was tried, why in plain words when known, and the program's last lines. */
export function programFailure(attempt: string, output: string): GatewayError {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const said = ['PostgreSQL said:', ...lines.slice(-LAST_LINES)].join('\n')
  return failure(inWords(attempt, explain(output), lines.length > 0 ? said : 'PostgreSQL said nothing.'))
}

/** Whatever went wrong as a failure with a cause; failures pass as they are. */
export function asFailure(attempt: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const message = error instanceof Error ? error.message : String(error)
  return failure(inWords(attempt, explain(message), `(${message})`), error)
}

function inWords(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}

function explain(text: string): string {
  return EXPLANATIONS.find(([pattern]) => pattern.test(text))?.[1] ?? ''
}
