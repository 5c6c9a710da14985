import type { DialectName } from '../canonical/dialect-name.ts'
import type { KnownCloud } from '../config/known-provider.ts'
import type { CloudConfig } from '../config/sections/cloud.ts'
import type { PathAsk } from '../dialects/dialect.ts'
import type { CloudAuth } from './auth/cloud-auth.ts'
import type { CloudLibrary } from './auth/cloud-library.ts'

/** What an operator says about an account in a cloud. Those that the definition requires are set and well-formed. */
export interface CloudSettings extends Partial<CloudConfig> {
  readonly region?: string | null
}

/** What is particular to a provider in a cloud. */
export interface CloudDefinition extends KnownCloud {
  /** The address, made of settings: with `/v1` for OpenAI-like hosts, the bare origin for others. */
  baseUrlFrom(settings: CloudSettings): string
  /** How we prove who we are when there is no key. Null: with nothing. */
  authFrom(settings: CloudSettings): CloudAuth | null
  /** The makers' libraries that this proof needs. */
  librariesFor(auth: CloudAuth): readonly CloudLibrary[]
  /** Where formats are published below the base URL, when that depends on settings; null is the dialect's own path. */
  pathsFrom?(settings: CloudSettings): ((dialect: DialectName, call: PathAsk) => string | null) | null
}
