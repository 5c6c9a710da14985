import * as z from 'zod'
import { Secret } from '../../lib/secret.ts'
import { duration } from '../values.ts'

/** What alerts are about. */
export const ALERT_KINDS = [
  'budget',
  'kill_switch',
  'token_growth',
  'error_rate',
  'fallback_rate',
  'unknown_price',
  'runaway',
  'promotion',
] as const

/** One of them. */
export type AlertKindConfig = (typeof ALERT_KINDS)[number]

/** Somebody who is told of alerts. */
export interface WebhookConfig {
  readonly url: string
  /** What our requests are signed with. */
  readonly secret: Secret
  readonly on: readonly AlertKindConfig[]
}

/** When the use of tokens has grown enough to say so. */
export interface TokenGrowthConfig {
  /** The last window against the mean of the seven before it. */
  readonly factor: number
  readonly windowMs: number
  /** Whose tokens. */
  readonly per: 'tenant' | 'team' | 'user' | 'feature' | 'model' | 'key'
}

/** What operators are told, and how. */
export interface AlertsConfig {
  readonly webhooks: readonly WebhookConfig[]
  readonly tokenGrowth: TokenGrowthConfig | null
}

const LONGEST_WINDOW_MS = 31 * 86_400_000

const webhook = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .describe('Where alerts are sent, as JSON by POST. It may be in your own network.'),
    secret: z
      .string()
      .min(1)
      .describe('Signs each request: `x-headgate-signature` is `t=UNIX,v1=HEX`, HEX the HMAC-SHA-256 of `UNIX.body`.'),
    on: z
      .array(z.enum(ALERT_KINDS))
      .min(1)
      .prefault([...ALERT_KINDS])
      .describe('Which kinds of alerts. Default: all.'),
  })
  .transform((section): WebhookConfig => ({ url: section.url, secret: new Secret(section.secret), on: section.on }))

const tokenGrowth = z
  .strictObject({
    factor: z
      .number()
      .gt(1)
      .max(1_000)
      .prefault(3)
      .describe('How many times the mean of the seven windows before the last one may be.'),
    window: duration({ leastMs: 1_000, mostMs: LONGEST_WINDOW_MS }).prefault('1h').describe('How long a window is.'),
    per: z
      .enum(['tenant', 'team', 'user', 'feature', 'model', 'key'])
      .prefault('tenant')
      .describe('Whose tokens are compared.'),
  })
  .transform((section): TokenGrowthConfig => ({ factor: section.factor, windowMs: section.window, per: section.per }))

/** `alerts` */
export const alertsSection = z
  .strictObject({
    webhooks: z.array(webhook).prefault([]).describe('Who is told of alerts, beside the log and the admin API.'),
    token_growth: tokenGrowth
      .optional()
      .describe('An alert when somebody uses many more tokens than before. Off unless written.'),
  })
  .transform((section): AlertsConfig => ({ webhooks: section.webhooks, tokenGrowth: section.token_growth ?? null }))
