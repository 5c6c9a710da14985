import { createHmac } from 'node:crypto'
import type { Secret } from './secret.ts'

/** Sends one POST and gives the status of the reply. Rejects when there is none. Redirects are not followed. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
) => Promise<{ readonly status: number }>

/** Where something is posted to, and what with. */
export interface SignedPost {
  readonly url: string
  readonly secret: Secret
  readonly body: Buffer
  readonly nowMs: number
}

/** Statuses below 500 after which another try may do better. */
const PASSING = new Set([408, 425, 429])

/** Posts JSON with a signature. `taken` is a 2xx, `refused` an answer after which another try is no use. Rejects when there was no answer, or one that passes. */
export async function postSigned({ url, secret, body, nowMs }: SignedPost, post: Post): Promise<'taken' | 'refused'> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'headgate',
    'x-headgate-signature': signature(body, secret, nowMs),
  }
  const { status } = await post(url, headers, body)
  if (status >= 200 && status < 300) return 'taken'
  if (status >= 500 || PASSING.has(status)) throw new Error(`the webhook answered ${status}`)
  return 'refused'
}

/** `t=UNIX,v1=HEX`: the HMAC-SHA-256 of `UNIX.body`, so that a signature is good for one body and one moment. */
export function signature(body: Buffer, secret: Secret, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const mac = createHmac('sha256', secret.reveal()).update(`${seconds}.`).update(body).digest('hex')
  return `t=${seconds},v1=${mac}`
}
