import type { AwsKeysConfig, CredentialConfig } from '../../config/sections/cloud.ts'

/** Every call is signed with keys of Amazon. */
export interface AwsSigV4Auth {
  readonly kind: 'aws-sigv4'
  /** The service's name in the signature: `bedrock`. */
  readonly service: string
  readonly region: string
  /** Null: the default credential chain. */
  readonly keys: AwsKeysConfig | null
}

/** A token of Google goes with every call. */
export interface GoogleAuth {
  readonly kind: 'google'
  readonly scope: string
  /** A service account's key in a file or as text; null: application default credentials. */
  readonly account: { readonly file: string } | Extract<CredentialConfig, { kind: 'service-account' }> | null
}

/** A token of Microsoft Entra goes with every call. */
export interface AzureAuth {
  readonly kind: 'azure'
  readonly scope: string
  readonly credential: Exclude<CredentialConfig, { kind: 'service-account' }>
}

/** The ways of proving who we are that take more than a key. */
export type CloudAuth = AwsSigV4Auth | GoogleAuth | AzureAuth
