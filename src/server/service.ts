/*
 * The service: a house with a listening socket in front of it. It watches its configuration file, and stops in order: no new calls, wait for
 * those that run, then close the books and the storage.
 */
import type { Config } from '../config/schema.ts'
import type { ConfigStatus } from '../config/watch.ts'
import { type House, type HouseOptions, openHouse } from '../gateway/house.ts'
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
  /** Takes a new configuration into force. Host and port stay until the next start. */
  reload(config: Config): void
  /** Drains and closes; resolves when nothing is left. Safe to call twice. */
  stop(): Promise<void>
}

/** Starts a service. Rejects when storage cannot be opened or the port is taken; nothing is left behind then. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const house = await openHouse(options)
  try {
    const { host, port, maxBodyBytes, drainMs } = options.config.server
    const admin = await createAdminPlane({ house, configStatus: options.configStatus })
    const server = await startHttpServer({
      host,
      port,
      maxBodyBytes,
      engine: () => house.engine(),
      adminPlane: (request, response) => admin.routing(request, response),
    })
    let stopping: Promise<void> | null = null
    return {
      house,
      server,
      reload: (config) => house.reload(config),
      stop() {
        stopping ??= (async () => {
          house.drain()
          await server.close(drainMs)
          await admin.close()
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
