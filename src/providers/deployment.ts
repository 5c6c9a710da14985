import type { CallExtras } from '../canonical/call-extras.ts'
import type { Capability } from '../canonical/capability.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { NanoUsd } from '../canonical/money.ts'
import type { FeeCounter } from '../canonical/usage.ts'
import type { Quirks } from '../dialects/dialect.ts'
import type { Secret } from '../lib/secret.ts'
import type { AuthScheme, ProviderDefinition } from './provider.ts'

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
  /** As in the definition: the formats it speaks, perhaps by model. */
  readonly dialects: ProviderDefinition['dialects']
  /** Another path than the dialect's own; absent for most. */
  readonly pathOf?: NonNullable<ProviderDefinition['pathOf']>
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
  /** Most calls that may run there at once; absent or null is no limit. */
  readonly maxConcurrency?: number | null
}

/** One model at one endpoint: what an attempt is made against. */
export interface Deployment {
  /** `provider/model`. */
  readonly id: string
  readonly endpoint: Endpoint
  /** The upstream's model name. */
  readonly model: string
  /** The wire formats in which it may be called; the first, unless the caller's own is among them. */
  readonly dialects: readonly DialectName[]
  readonly price: ModelPrice | null
  /** The longest prompt plus answer, in tokens, where known. */
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** What it is known not to do. */
  readonly lacks: readonly Capability[]
  /** 1 to 5 as the operator rates it. */
  readonly quality: number | null
  /** What one call asks of it that changes its price; absent in the deployment itself, and for calls that ask for nothing. */
  readonly asked?: CallExtras
}

/** What tokens cost, in nano-USD per million. Every rate is set: those that a provider does not name are filled from the input or output rate. */
export interface Rates {
  readonly input: NanoUsd
  readonly output: NanoUsd
  readonly cacheRead: NanoUsd
  readonly cacheReadAudio: NanoUsd
  readonly cacheWrite5m: NanoUsd
  readonly cacheWrite1h: NanoUsd
  readonly reasoning: NanoUsd
  readonly inputAudio: NanoUsd
  readonly outputAudio: NanoUsd
  readonly outputImage: NanoUsd
}

/** The rates that change once the whole prompt has at least `fromInputTokens` tokens. */
export interface PriceTier {
  readonly fromInputTokens: number
  readonly rates: Partial<Rates>
}

/**
 * What is paid by the piece, in nano-USD per million pieces: tools that the provider runs, and `calls`, which every call pays once. A tool without
 * a fee here has no known price.
 */
export type Fees = Readonly<Partial<Record<FeeCounter | 'calls', NanoUsd>>>

/** What a model costs. */
export interface ModelPrice extends Rates {
  /** Names this price and no other, for ever; `unknown` stands for the dearest that is known. */
  readonly version: string
  /** Dearer rates for long prompts: they replace the base rates when the whole prompt reaches `fromInputTokens`. */
  readonly tiers: readonly PriceTier[]
  /** Default: none. */
  readonly fees?: Fees
  /** The price of other ways to be served, by the provider's word (`priority`, `flex`, `batch`). Absent: every way costs the same. */
  readonly serviceTiers?: Readonly<Record<string, ModelPrice>>
  /** How much more tokens cost when they are computed in a place, in percent. Default: none. */
  readonly uplifts?: Readonly<Record<string, bigint>>
  /** Whether the provider says with each call what it cost, so that its word is taken. Default false. */
  readonly statedByProvider?: boolean
}
