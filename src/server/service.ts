/*
 * The service: a house with a listening socket in front of it. It watches its configuration file, and stops in order: no word of being ready, no new calls, wait for
 * those that run, then close the books and the storage.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import type { ConfigStatus } from '../config/watch.ts'
import { type House, type HouseOptions, openHouse } from '../gateway/house.ts'
import { isLoopbackHost } from '../lib/loopback.ts'
import { createAdminPlane } from './admin/admin-plane.ts'
import { type HttpServer, startHttpServer } from './http-server.ts'

/** What a service is started with. */
export interface ServiceOptions extends HouseOptions {
  /** The state of the configuration, for `/readyz`. */
  readonly configStatus: () => ConfigStatus
}

/** A running service. */
export interface Service {
  readonly house: House
  readonly server: HttpServer
  /** Where the admin plane, the console and `/metrics` are. */
  readonly adminUrl: string
  /** Takes a new configuration into force. Host and port stay until the next start. */
  reload(config: Config): void
  /** Drains and closes; resolves when nothing is left. Safe to call twice. `atOnce` ends or leaves out `server.drain_delay`, for a process that is to take no more calls. */
  stop(options?: { readonly atOnce?: boolean }): Promise<void>
}

/** Starts a service. Rejects when storage cannot be opened or the port is taken; nothing is left behind then. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const house = await openHouse(options)
  try {
    const { host, port, adminPort, maxBodyBytes, drainMs, drainDelayMs, heartbeatMs, connectionsPerAddress } =
      options.config.server
    const { configStatus } = options
    const engine = () => house.engine()
    const apart = adminPort !== null
    const front = await createAdminPlane({
      house,
      configStatus,
      share: apart ? 'probes' : 'everything',
      openMetrics: isLoopbackHost(host),
    })
    const back = apart ? await createAdminPlane({ house, configStatus, openMetrics: true }) : null
    const common = { host, maxBodyBytes, engine, connectionsPerAddress }
    const server = await startHttpServer({ ...common, port, heartbeatMs, adminPlane: front.routing })
    const adminServer = back
      ? await startHttpServer({
          ...common,
          port: adminPort ?? 0,
          adminPlane: back.routing,
          hasDataPlane: false,
        }).catch(async (error: unknown) => {
          await server.close(0)
          throw error
        })
      : null
    let stopping: Promise<void> | null = null
    const hurry = new AbortController()
    return {
      house,
      server,
      adminUrl: adminServer?.url ?? server.url,
      reload: (config) => house.reload(config),
      stop({ atOnce = false } = {}) {
        if (atOnce) hurry.abort()
        stopping ??= (async () => {
          house.leave()
          if (drainDelayMs > 0) await sleep(drainDelayMs, undefined, { signal: hurry.signal }).catch(() => undefined)
          house.drain()
          await Promise.all([server.close(drainMs), house.jobs.drain(drainMs)])
          // Who watches the drain does so to its end.
          await adminServer?.close(0)
          await Promise.all([front.close(), back?.close()])
          await house.close()
        })()
        return stopping
      },
    }
  } catch (error) {
    await house.close()
    throw error
  }
}
