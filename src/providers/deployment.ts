import type { DialectName } from '../canonical/dialect-name.ts'
import type { NanoUsd } from '../canonical/money.ts'
import type { Quirks } from '../dialects/dialect.ts'
import type { Secret } from '../lib/secret.ts'
import type { AuthScheme } from './provider.ts'

/** The five clocks of one attempt, in milliseconds. */
export interface Timeouts {
  /** Until the connection stands. */
  readonly connectMs: number
  /** From the request's last byte to the reply's headers. */
  readonly firstByteMs: number
  /** From the request's last byte to the first content of the answer. */
  readonly firstTokenMs: number
  /** Longest silence between two chunks; comments count as life. */
  readonly idleMs: number
  /** The whole attempt. */
  readonly totalMs: number
}

/** One configured account at a provider. */
export interface Endpoint {
  /** The provider's name in the config. */
  readonly provider: string
  readonly type: string
  readonly dialect: DialectName
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly auth: AuthScheme
  readonly apiKey: Secret | null
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts: Timeouts
  readonly quirks: Quirks
  readonly abortStopsBilling: boolean
  readonly region: string | null
  /** Served inside this process; no network. */
  readonly simulated: boolean
  /** The operator runs this server: no bill comes from it. Default false. */
  readonly selfHosted?: boolean
  /** What is sent stays in the operator's own network: allowed for confidential data. Default false. */
  readonly private?: boolean
}

/** One model at one endpoint: what an attempt is made against. */
export interface Deployment {
  /** `provider/model`. */
  readonly id: string
  readonly endpoint: Endpoint
  /** The upstream's model name. */
  readonly model: string
  readonly price: ModelPrice | null
  /** The longest prompt plus answer, in tokens, where known. */
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** 1 to 5 as the operator rates it. */
  readonly quality: number | null
}

/** Prices in nano-USD per million units; every rate is set, missing ones were filled from the input or output rate. */
export interface ModelPrice {
  readonly version: string
  readonly input: NanoUsd
  readonly output: NanoUsd
  readonly cacheRead: NanoUsd
  readonly cacheWrite5m: NanoUsd
  readonly cacheWrite1h: NanoUsd
  readonly reasoning: NanoUsd
  readonly inputAudio: NanoUsd
  readonly outputAudio: NanoUsd
  /** Dearer rates for long prompts: they replace the base rates when the whole prompt reaches `fromInputTokens`. */
  readonly tiers: readonly PriceTier[]
}

/** The rates that change once the whole prompt has at least `fromInputTokens` tokens. */
export interface PriceTier {
  readonly fromInputTokens: number
  readonly rates: Partial<Omit<ModelPrice, 'version' | 'tiers'>>
}
