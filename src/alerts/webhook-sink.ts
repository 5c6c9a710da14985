import type { Clock } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'
import { type Post, postSigned } from '../lib/signed-post.ts'
import { AlertRejected, type AlertSink, alertView } from './alert.ts'

/** Who is told. */
export interface Webhook {
  readonly url: string
  readonly secret: Secret
  /** Kinds of alerts. */
  readonly on: readonly string[]
}

/** Tells a webhook, by a signed POST. */
export function webhookSink({ url, secret, on }: Webhook, post: Post, clock: Pick<Clock, 'now'>): AlertSink {
  return {
    name: new URL(url).origin,
    wants: (kind) => on.includes(kind),
    async deliver(row) {
      const body = Buffer.from(JSON.stringify(alertView(row)))
      const answer = await postSigned({ url, secret, body, nowMs: clock.now() }, post)
      if (answer === 'refused') throw new AlertRejected('the webhook does not want it')
    },
  }
}
