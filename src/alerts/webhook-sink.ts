import { createHmac } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'
import { AlertRejected, type AlertSink, alertView } from './alert.ts'

/** Who is told. */
export interface Webhook {
  readonly url: string
  readonly secret: Secret
  /** Kinds of alerts. */
  readonly on: readonly string[]
}

/** Sends one POST and gives the status of the reply. Rejects when there is none. Redirects are not followed. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
) => Promise<{ readonly status: number }>

/** Statuses below 500 after which another try may do better. */
const PASSING = new Set([408, 425, 429])

/** Tells a webhook, by a signed POST. */
export function webhookSink({ url, secret, on }: Webhook, post: Post, clock: Pick<Clock, 'now'>): AlertSink {
  return {
    name: new URL(url).origin,
    wants: (kind) => on.includes(kind),
    async deliver(row) {
      const body = Buffer.from(JSON.stringify(alertView(row)))
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'headgate',
        'x-headgate-signature': signature(body, secret, clock.now()),
      }
      const { status } = await post(url, headers, body)
      if (status >= 200 && status < 300) return
      if (status >= 500 || PASSING.has(status)) throw new Error(`the webhook answered ${status}`)
      throw new AlertRejected(`the webhook answered ${status}`)
    },
  }
}

/** `t=UNIX,v1=HEX`: the HMAC-SHA-256 of `UNIX.body`, so that a signature is good for one body and one moment. */
export function signature(body: Buffer, secret: Secret, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const mac = createHmac('sha256', secret.reveal()).update(`${seconds}.`).update(body).digest('hex')
  return `t=${seconds},v1=${mac}`
}
