/** How long things may take: the clocks of the gateway, and how long the flapping primary is down. */
export interface Profile {
  readonly name: 'full' | 'fast'
  /** `providers.*.timeouts` of every deployment. */
  readonly timeouts: Readonly<Record<'connect' | 'first_byte' | 'first_token' | 'idle' | 'total', string>>
  /** S15: how long the primary is down, how many calls are made, and how far apart. */
  readonly flap: { readonly downMs: number; readonly calls: number; readonly everyMs: number }
  /** How long a breaker stays open at first; null leaves it as it comes. */
  readonly breakerOpenFor: string | null
}

/** What scorecards are made with: the clocks that suit a quick chat, and everything else as it comes. */
export const FULL: Profile = {
  name: 'full',
  timeouts: { connect: '2s', first_byte: '10s', first_token: '12s', idle: '15s', total: '10m' },
  flap: { downMs: 60_000, calls: 20, everyMs: 4_000 },
  breakerOpenFor: null,
}

/** The same faults with shorter waits, for the test command. */
export const FAST: Profile = {
  name: 'fast',
  timeouts: { connect: '2s', first_byte: '2s', first_token: '2s', idle: '2s', total: '1m' },
  flap: { downMs: 2_000, calls: 16, everyMs: 300 },
  breakerOpenFor: '500ms',
}
