import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { findRedisProgram, type RedisProgram } from './test-program.contract.ts'

/*
 * A Redis server for one test file: a process of its own on a free loopback port, that writes nothing to disk. Not a contract itself: the name
 * keeps it out of the build.
 */

/** A server that tests may freeze, kill and start again. */
export interface TestRedis {
  readonly url: string
  /** Stops the process where it stands: connections live, and nobody answers. */
  freeze(): void
  thaw(): void
  /** Kills it; everything it knew is gone. */
  kill(): Promise<void>
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

const ATTEMPTS = 5

/** Starts a server. Rejects with what to install when this machine has none and none can be fetched. */
export async function startTestRedis(): Promise<TestRedis> {
  const program = await findRedisProgram()
  for (let attempt = 1; ; attempt += 1) {
    // Between the finding and the starting another process may take the port.
    const port = await freePort()
    try {
      return withProcess(program, port, await launch(program, port))
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

function withProcess(program: RedisProgram, port: number, first: ChildProcess): TestRedis {
  let child = first
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const atExit = () => child.kill('SIGKILL')
  process.once('exit', atExit)
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    async start() {
      child = await launch(program, port)
    },
    async close() {
      await kill()
      process.off('exit', atExit)
    },
  }
}

async function launch({ path, env }: RedisProgram, port: number): Promise<ChildProcess> {
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no']
  const child = spawn(path, flags, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      said += chunk
      if (said.includes('Ready to accept connections')) resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the Redis server ended with ${code}: ${said}`)))
  })
  return child
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
