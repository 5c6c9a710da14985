import { spawn } from 'node:child_process'
import type { Account } from './account.ts'

/**
 * All that PostgreSQL's programs see of the environment. Nothing is inherited: a `PGDATA` or `PGPORT` of the user's shell
 * is meant for another server. Messages come in English, because some are read here.
 */
export const PROGRAM_ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC' } as const

/** One run of a program to its end. */
export interface ProgramRun {
  /** Absolute path. Arguments go to it as they are, never through a shell. */
  readonly file: string
  readonly args: readonly string[]
  /** Whom to run it as; null for this process's own user. */
  readonly account: Account | null
  /** What to write to its standard input. */
  readonly input?: string
}

/** What a program left: `ok` is exit status 0; the output is both streams, as they came. */
export interface ProgramResult {
  readonly ok: boolean
  readonly output: string
}

/** Runs a program to its end. A program that cannot be started at all is a result too, with the reason as its output. */
export function runProgram(run: ProgramRun): Promise<ProgramResult> {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(run.file, run.args, { ...accountOptions(run.account), stdio: 'pipe' })
    const collect = (chunk: string) => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.stdin.on('error', () => {}) // a program that ended early; its exit status tells
    child.stdin.end(run.input ?? '')
    child.on('error', (error) => resolve({ ok: false, output: `${output}${run.file}: ${error.message}` }))
    child.on('close', (code, signal) => {
      if (signal !== null) output += `\n${run.file} was ended by ${signal}`
      resolve({ ok: code === 0, output })
    })
  })
}

/** What every program is started with: a folder that exists for every account, a bare environment, the account. */
export function accountOptions(account: Account | null) {
  // With a uid, supplementary groups are dropped as well.
  return { cwd: '/', env: PROGRAM_ENVIRONMENT, ...(account === null ? {} : { uid: account.uid, gid: account.gid }) }
}
