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
  /** A cheap quick model and a strong one, to begin with. */
  readonly suggestedModels?: { readonly small: string; readonly large: string }
}
