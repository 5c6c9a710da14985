import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('../../bin/headgate.js', import.meta.url))
const START_LIMIT_MS = 60_000
const MOST_STARTS = 5
/** What is kept of its log, to be shown when something went wrong. */
const LOG_CHARS = 16_000
const LAST_LINES = 4

/** How a process ended: null is by a signal. */
export type ExitCode = number | null

/** One place for a gateway: processes come and go there. */
export interface GatewayProcess {
  readonly name: string
  /** Where the process that runs listens; null when none does. */
  url(): string | null
  /** Whether a process is there that nobody has ended. */
  alive(): boolean
  /**
   * Starts a process and waits until it listens. One that ends before is started again, as its supervisor would, a few times. Rejects with its last words
   * when none comes up.
   */
  start(): Promise<void>
  /** How many starts had to be repeated so far. */
  restarts(): number
  /** Sends a signal and waits until the process is gone. Gives its exit code. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<ExitCode>
  /** Kills the process and lets no other one begin. */
  retire(): Promise<void>
  /** Stops the process in its tracks, or lets it go on. */
  hang(): void
  goOn(): void
  /** The last messages of its log. */
  lastWords(): string
}

/** What gateways are started with. */
export interface GatewaySetup {
  readonly configFile: string
  readonly dataDir: string
  readonly env: Readonly<Record<string, string>>
}

/** A place where nothing runs yet. */
export function gatewayProcess(name: string, { configFile, dataDir, env }: GatewaySetup): GatewayProcess {
  let child: ChildProcess | null = null
  let url: string | null = null
  let log = ''
  let retired = false
  let restarts = 0

  async function begin(): Promise<void> {
    if (retired) throw new Error(`${name} is retired`)
    const args = [LAUNCHER, 'serve', '--json', '--port', '0', '--config', configFile, '--data', dataDir]
    const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
    const started = spawn(process.execPath, args, {
      env: { PATH, HOME, NODE_COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    let said = ''
    started.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-LOG_CHARS)
    })
    started.once('exit', () => {
      if (child === started) url = null
    })
    const greeting = new Promise<string>((resolve) => {
      started.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const found = /"url": "([^"]+)"/.exec(said)?.[1]
        if (found) resolve(found)
      })
    })
    const gone = once(started, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${code} before it listened: ${messagesOf(log + said)}`)
    })
    gone.catch(() => undefined)
    url = await Promise.race([greeting, gone, tooLate(name)])
  }

  const living = (): ChildProcess | null =>
    child !== null && child.exitCode === null && child.signalCode === null ? child : null

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<ExitCode> {
    const victim = living()
    url = null
    if (!victim) return child?.exitCode ?? null
    const gone = once(victim, 'exit')
    victim.kill(signal)
    await gone
    return victim.exitCode
  }

  async function start(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await begin()
      } catch (error) {
        if (retired || tries === MOST_STARTS) throw error
        restarts += 1
      }
    }
  }

  return {
    name,
    restarts: () => restarts,
    url: () => url,
    alive: () => living() !== null,
    start,
    end,
    async retire() {
      retired = true
      await end('SIGKILL')
    },
    hang: () => void living()?.kill('SIGSTOP'),
    goOn: () => void living()?.kill('SIGCONT'),
    lastWords: () => messagesOf(log),
  }
}

/** What the last lines say, without their circumstances; a line that is no JSON as it is. */
function messagesOf(log: string): string {
  const lines = log.trimEnd().split('\n').slice(-LAST_LINES)
  return lines.map((line) => /"msg":"([^"]*)"/.exec(line)?.[1] ?? line.slice(0, 200)).join(' | ')
}

function tooLate(name: string): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new Error(`${name} did not listen within ${START_LIMIT_MS / 1000} s`))
    setTimeout(fail, START_LIMIT_MS).unref()
  })
}
