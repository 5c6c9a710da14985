import * as z from 'zod'
import { byteSize, duration } from '../values.ts'
import { type OverloadConfig, overloadSection } from './overload.ts'

/** Where the service listens and how much it takes in. */
export interface ServerConfig {
  readonly host: string
  /** 0 lets the system choose one. */
  readonly port: number
  /** Where the admin plane, the console and `/metrics` are instead; null: at `port` too. 0 lets the system choose one. */
  readonly adminPort: number | null
  readonly maxBodyBytes: number
  /** How long running exchanges may take to end after a stop was asked for. */
  readonly drainMs: number
  /** How long calls are still taken after that, while `/readyz` is 503 already. */
  readonly drainDelayMs: number
  /** How often a silent stream gives a sign of life; null: never. */
  readonly heartbeatMs: number | null
  /** Most open connections of one address; null: no limit. */
  readonly connectionsPerAddress: number | null
  readonly overload: OverloadConfig
}

/** `server` */
export const serverSection = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9._:[\]-]{1,253}$/, { error: 'must be a host name or an IP address' })
      .prefault('127.0.0.1')
      .describe('Host or address to listen on. `127.0.0.1` is this machine only, `0.0.0.0` every interface.'),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .prefault(4100)
      .describe('Port to listen on; `0` lets the system choose a free one.'),
    admin_port: z
      .int()
      .min(0)
      .max(65_535)
      .nullable()
      .prefault(null)
      .describe(
        'A port of its own, on the same `host`, for the admin API, the console and `/metrics`, which `port` then no longer has; `/metrics` needs no key there. `null`: everything is at `port`.',
      ),
    max_body: byteSize({ least: '1kb', most: '1gb' })
      .prefault('10mb')
      .describe('Largest request body; larger ones are refused with `request_too_large`.'),
    drain: duration({ leastMs: 0 })
      .prefault('10m')
      .describe('How long running calls may take to end after a stop was asked for.'),
    drain_delay: duration({ leastMs: 0, mostMs: 600_000 })
      .prefault('0s')
      .describe(
        'How long calls are still taken after a stop was asked for, while `/readyz` is 503 already: the time in which load balancers turn to others. `drain` begins after it.',
      ),
    heartbeat: duration({ leastMs: 1_000, mostMs: 600_000 })
      .nullable()
      .prefault('15s')
      .describe(
        'A streamed call gives a sign of life before it has been silent for this long, its head first if that is still to come, and again each time. `null`: never.',
      ),
    connections_per_address: z
      .int()
      .min(1)
      .nullable()
      .prefault(10_000)
      .describe(
        'Most open connections of one address (of one /64 network with IPv6); more are closed at once. Those from this machine are not counted. `null`: no limit, as behind a load balancer that has few addresses.',
      ),
    overload: overloadSection
      .prefault({})
      .describe('From when on this process puts off what can wait, and from when on it takes nothing new.'),
  })
  .transform(
    (section): ServerConfig => ({
      host: section.host,
      port: section.port,
      adminPort: section.admin_port,
      maxBodyBytes: section.max_body,
      drainMs: section.drain,
      drainDelayMs: section.drain_delay,
      heartbeatMs: section.heartbeat,
      connectionsPerAddress: section.connections_per_address,
      overload: section.overload,
    }),
  )
