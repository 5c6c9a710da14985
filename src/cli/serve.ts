import { pino } from 'pino'
import { loadConfigText } from '../config/load.ts'
import type { ResolvedConfig } from '../config/resolve.ts'
import { ConfigWatcher } from '../config/watch.ts'
import type { Log } from '../gateway/log.ts'
import { systemClock } from '../lib/clock.ts'
import { Secret } from '../lib/secret.ts'
import { tuneHeap } from '../server/heap-settings.ts'
import { type Service, startService } from '../server/service.ts'
import type { Cli, CommonFlags } from './cli.ts'
import { firstAdminKey } from './first-admin-key.ts'
import { lastResort } from './last-resort.ts'
import { loadConfig } from './load-config.ts'
import type { Output } from './output.ts'
import { problemLines } from './problem-list.ts'
import { UserError } from './user-error.ts'
import { welcome } from './welcome.ts'

/** What `serve` is told by its flags. */
export interface ServeFlags extends CommonFlags {
  readonly config?: string
  readonly host?: string
  readonly port?: number
  readonly data?: string
}

/** Runs the service until it is told to stop. */
export async function serve(cli: Cli, output: Output, flags: ServeFlags): Promise<void> {
  tuneHeap()
  const { env } = cli.context
  const log = pino({ level: env.HEADGATE_LOG_LEVEL ?? 'warn', base: null }, pino.destination({ dest: 2, sync: true }))
  const { file, loading, result: resolved } = await loadConfig(flags, cli.context)
  if (!resolved.ok) throw new UserError(problemLines(resolved.problems).join('\n'))

  // The watcher needs the service and the service the watcher's status: each asks for the other when it is used.
  const started: { service?: Service } = {}
  const watcher = file === null ? null : watch(file)
  const still = { version: resolved.version, loaded_at: new Date().toISOString(), rejected: null }
  let adminKey: string | null = null
  const service = await startService({
    config: resolved.config,
    log,
    watchLoad: true,
    configStatus: () => watcher?.status() ?? still,
    ...(env.HEADGATE_ADMIN_KEY ? { adminKey: new Secret(env.HEADGATE_ADMIN_KEY) } : {}),
    beforeCalls: async (storage) => {
      if (!env.HEADGATE_ADMIN_KEY) adminKey = await firstAdminKey(storage)
    },
  }).catch((error: unknown) => {
    watcher?.close()
    throw understood(error, resolved)
  })
  started.service = service
  const greeting = welcome(service, resolved, adminKey)
  output.result(greeting.facts, () => greeting.lines(output))
  const broken = await untilStopped(log)
  watcher?.close()
  await service.stop({ atOnce: broken })
  if (broken)
    throw new UserError('stopped after a mistake of its own, which the log has; the calls that ran are in the ledger')

  function watch(path: string): ConfigWatcher {
    return new ConfigWatcher({
      file: path,
      version: (resolved as ResolvedConfig).version,
      secretFiles: (resolved as ResolvedConfig).secretFiles ?? new Map(),
      clock: systemClock,
      load: (text, name) => loadConfigText(text, name, loading),
      onAccepted: (config, version) => {
        started.service?.reload(config)
        log.info({ config: version }, 'configuration reloaded')
      },
      onRejected: (problems) => {
        started.service?.house.metrics.reloaded('rejected')
        for (const { file: where, line, path: key, message } of problems) {
          log.error({ file: where, line, key }, `configuration rejected, the last good one stays: ${key} ${message}`)
        }
      },
    })
  }
}

/** Resolves at the first SIGTERM or SIGINT, or when this process cannot be trusted any more, which it says; a second signal ends the process at once. */
function untilStopped(log: Log): Promise<boolean> {
  return new Promise((resolveStop) => {
    const stop = (broken: boolean) => {
      process.once('SIGTERM', () => process.exit(1))
      process.once('SIGINT', () => process.exit(1))
      resolveStop(broken)
    }
    process.once('SIGTERM', () => stop(false))
    process.once('SIGINT', () => stop(false))
    lastResort(log, () => stop(true))
  })
}

function understood(error: unknown, { config }: ResolvedConfig): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const { host, port, adminPort } = config.server
  if (code === 'EADDRINUSE') {
    const taken = error instanceof Error && 'port' in error ? error.port : port
    if (taken === adminPort) return new UserError(`port ${taken} on ${host} is taken; choose another server.admin_port`)
    return new UserError(`port ${port} on ${host} is taken; choose another with --port`)
  }
  if (code === 'EACCES')
    return new UserError(`port ${port} on ${host} may not be used by this user; choose another with --port`)
  if (code === 'EADDRNOTAVAIL')
    return new UserError(`${host} is no address of this machine; choose another with --host`)
  return error
}
