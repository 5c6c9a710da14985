import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('../bin/headgate.js', import.meta.url))

/** Only what any process needs: no provider key of the machine that runs the tests. */
const PLAIN = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_COMPILE_CACHE'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  ),
) as Readonly<Record<string, string>>

/** Where and with what a process runs. */
export interface Surroundings {
  readonly directory: string
  readonly env?: Readonly<Record<string, string>>
}

/** What a command that ended left behind. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A `headgate serve` that listens. */
export interface Serving {
  readonly pid: number
  /** Everything that it printed so far. */
  readonly said: { out: string; err: string }
  /** When the process is gone. */
  readonly ended: Promise<Ended>
  /** Sends a signal and waits until the process is gone. */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<Ended>
}

/** Runs `headgate …` as a process of its own to its end. */
export function headgate(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  const { ended } = launch(args, surroundings)
  return ended
}

/** Starts `headgate serve …` and waits until it has said all that it says at its start. Rejects when it ends before. */
export async function serve(args: readonly string[], surroundings: Surroundings): Promise<Serving> {
  const { child, said, ended } = launch(['serve', ...args], surroundings)
  const greeted = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => {
      // The curl line is the last in text, and a closed brace in JSON.
      if (/^curl .*'\n$/m.test(said.out) || /\n}\n$/.test(said.out)) resolve()
    })
  })
  const early = ended.then(({ code, out, err }) => {
    throw new Error(`serve ended with ${code}: ${out}${err}`)
  })
  early.catch(() => undefined)
  await Promise.race([greeted, early])
  return {
    pid: child.pid ?? 0,
    said,
    ended,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

function launch(args: readonly string[], { directory, env }: Surroundings) {
  const child: ChildProcess = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd: directory,
    env: { ...PLAIN, ...env },
  })
  const said = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    said.err += chunk
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...said })))
  return { child, said, ended }
}
