import type { DialectName } from '../canonical/dialect-name.ts'
import type { PathAsk, Quirks } from '../dialects/dialect.ts'
import type { CloudAuth } from './auth/cloud-auth.ts'
import type { CloudDefinition } from './cloud.ts'

/** How a provider wants its key. */
export type KeyScheme =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'none' }

/** How an endpoint proves who we are: with a key, or with an identity in a cloud. */
export type AuthScheme = KeyScheme | CloudAuth

/** What Headgate knows of a kind of provider: one small file each, with the source and the date it was read. */
export interface ProviderDefinition {
  /** The `type` in a config, and the default name. */
  readonly type: string
  readonly title: string
  /**
   * The wire formats it speaks; a host may speak other ones with other models. A call goes out in the format it came in where that is among them (the
   * bytes are then passed on as they are), else in the first.
   */
  readonly dialects: readonly DialectName[] | ((model: string) => readonly DialectName[])
  /** Default base URL: with `/v1` for OpenAI-like hosts, the bare origin for others. Absent: the config must give one. */
  readonly baseUrl?: string
  /** How its key is sent, where there is one. */
  readonly auth: KeyScheme
  /** What is particular to a provider in a cloud: addresses made of settings, identities instead of keys. */
  readonly cloud?: CloudDefinition
  /** Headers sent with every call (`anthropic-version`). */
  readonly headers?: Readonly<Record<string, string>>
  /** The environment variable that usually holds the key. Absent: no key is needed. */
  readonly keyVariable?: string
  /** The provider's name in the price book, when it differs from `type`. */
  readonly priceProvider?: string
  readonly quirks?: Quirks
  /** Another path than the dialect's own, below the base URL, for hosts that publish a format elsewhere; null is the dialect's own. */
  readonly pathOf?: (dialect: DialectName, call: PathAsk) => string | null
  /** Whether generation, and so the bill, ends when the connection is closed. */
  readonly abortStopsBilling: boolean
  /** Answers come from inside this process; no network, no key. */
  readonly simulated?: boolean
  /** Two models a new user can start with: a cheap quick one and a strong one. Absent where the operator decides what is served. */
  readonly suggestedModels?: { readonly small: string; readonly large: string }
  /** Where this was read, and when. */
  readonly source: { readonly url: string; readonly date: string }
}
