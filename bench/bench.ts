import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from './child.ts'
import type { LoadAsk, LoadReport } from './load.ts'
import type { Workload } from './workloads.ts'

/** Something that calls are sent to. */
export interface Subject {
  readonly name: 'upstream' | 'bare' | 'gateway'
  readonly child: Child
  readonly origin: string
  readonly key: string
}

interface GatewayReady {
  readonly origin: string
  readonly key: string
  readonly flags: readonly string[]
}

/** All processes of the bench. */
export interface Bench {
  readonly upstream: Subject
  readonly bare: Subject
  readonly gateway: Subject
  /**
   * Sends calls to a subject, `perSecond` or (null, the default) as often as replies come. Rejects when more than one in a hundred fails: figures of
   * failures mean nothing.
   */
  send(
    to: Subject,
    workload: Workload,
    seconds: number,
    concurrency: number,
    perSecond?: number | null,
  ): Promise<LoadReport>
  /** V8's flags that the gateway sets for itself; the others run as Node starts them. */
  readonly flags: readonly string[]
  /** Calls that failed so far. */
  failed(): number
  close(): Promise<void>
}

const FAILURES_TOLERATED = 0.01

/** Starts everything. The ledger lives in a directory of its own and goes when the bench ends. */
export async function openBench(): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-bench-'))
  // For root the ledger's server runs as another user, who has to get to its data; else they are put where nobody would delete them.
  chmodSync(directory, 0o711)
  const children: Child[] = []
  let failed = 0
  const start = async <Ready>(module: string, ...args: string[]): Promise<Child<Ready>> => {
    const child = await Child.start<Ready>(module, args)
    children.unshift(child)
    return child
  }
  const close = async () => {
    // The gateway first, while everything it talks to is there.
    for (const child of children) await child.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const upstream = await start<{ origin: string }>('./upstream.ts')
    const { origin } = upstream.ready
    const bare = await start<{ origin: string }>('./bare.ts', origin)
    const load = await start<null>('./load.ts')
    const gateway = await start<GatewayReady>('./gateway-process.ts', origin, directory)
    return {
      upstream: { name: 'upstream', child: upstream, origin, key: 'none' },
      bare: { name: 'bare', child: bare, origin: bare.ready.origin, key: 'none' },
      gateway: { name: 'gateway', child: gateway, origin: gateway.ready.origin, key: gateway.ready.key },
      flags: gateway.ready.flags,
      async send({ name, origin: to, key }, { reply, body }, seconds, concurrency, perSecond = null) {
        const path = `${name === 'gateway' ? '' : `/${reply}`}/v1/chat/completions`
        const ask: LoadAsk = { origin: to, path, key, body, seconds, concurrency, perSecond }
        const report = await load.ask<LoadReport>('load', ask)
        failed += report.failed
        if (report.failed > report.calls * FAILURES_TOLERATED) {
          throw new Error(`${report.failed} of ${report.calls} calls to ${name} failed: ${report.failure}`)
        }
        return report
      },
      failed: () => failed,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
