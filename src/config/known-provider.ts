import type { CloudKey, CredentialConfig } from './sections/cloud.ts'

/** What a config must know of a kind of provider. Definitions of the providers room fit as they are. */
export interface KnownProvider {
  /** The word for it in `type`, and its default name. */
  readonly type: string
  /** Its own address; absent when the config must give one. */
  readonly baseUrl?: string
  /** The environment variable that usually holds its key; absent when it needs none. */
  readonly keyVariable?: string
  /** Answers come from inside this process: no address, no key. */
  readonly simulated?: boolean
  /** The wire formats it speaks. */
  readonly dialects?: readonly string[] | ((model: string) => readonly string[])
  /** A cheap quick model and a strong one, to begin with. */
  readonly suggestedModels?: { readonly small: string; readonly large: string }
  /** Absent for providers with an address and a key of their own. */
  readonly cloud?: KnownCloud
}

/** What the config of a provider in a cloud may and must say. Its address is made of what it must. */
export interface KnownCloud {
  /** Those of the clouds' keys that it takes. */
  readonly keys: readonly CloudKey[]
  readonly required: readonly CloudRequirement[]
  /** The identities it takes for `credential`. */
  readonly credentials: readonly CredentialConfig['kind'][]
  /** `optional`: without one, the cloud's default credentials. `or-credential`: one of both must be written. `never`: it takes no key. */
  readonly apiKey: 'optional' | 'or-credential' | 'never'
}

/** A key that such a provider must have. */
export interface CloudRequirement {
  readonly key: 'region' | 'resource' | 'project' | 'location'
  /** Whether `base_url` makes it unnecessary. */
  readonly orBaseUrl: boolean
  /** What it must look like: it becomes part of an address. */
  readonly pattern: RegExp
  readonly example: string
}
