/** What an upstream call looks like to whoever proves who we are. */
export interface AuthenticatedCall {
  /** The whole address, exactly as it will be asked for. */
  readonly url: URL
  readonly method: string
  /** As they will be sent, lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** As it will be sent. */
  readonly body: Buffer
}

/** Headers that prove who we are, lower-case names. */
export type AuthHeaders = Readonly<Record<string, string>>

/** A key that does not change: the headers are the same for every call to an address, so they may be asked for once and kept. */
export interface FixedAuthenticator {
  readonly fixed: true
  /** Throws GatewayError `internal` for an address of another origin than the endpoint's. */
  headersFor(call: Pick<AuthenticatedCall, 'url'>): AuthHeaders
}

/** A credential that somebody issues for a time, or a signature over each call. */
export interface IssuingAuthenticator {
  readonly fixed: false
  /**
   * The headers to add to one call: at once when the token is at hand, so that most calls wait for nothing; a promise when one must be fetched or
   * the call signed. Throws GatewayError `internal` for an address of another origin than the endpoint's. Rejects with CredentialFailure when there
   * is nothing to prove ourselves with; nothing was sent then.
   */
  headersFor(call: AuthenticatedCall): AuthHeaders | Promise<AuthHeaders>
}

/** Proves to one endpoint who we are. What it holds is bound to the origin of the endpoint's base URL. */
export type Authenticator = FixedAuthenticator | IssuingAuthenticator

/**
 * No credential could be had. The message says what is missing and what an operator does about it, in words that callers may read; what the
 * cloud's own library said is the cause, for operators alone.
 */
export class CredentialFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CredentialFailure'
  }
}
