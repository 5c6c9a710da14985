/** Which calls a switch stops: those that have all of these values. `{ total: true }` is every call. */
export type KillScope = Readonly<Record<string, string | true>>

/** What is to be switched off. */
export interface NewKillSwitch {
  readonly scope: KillScope
  readonly reason: string
  /** Who: a key's id, `HEADGATE_ADMIN_KEY`, or `system`. */
  readonly actor: string
  /** The budget window that asked for it, which can do so once; null when a person did. */
  readonly cause: string | null
  /** When it ends by itself, ms since 1970; null is never. */
  readonly endsAt: number | null
}

/** A switch that is on: the calls in its scope are refused. */
export interface KillSwitchRow extends NewKillSwitch {
  readonly id: string
  /** The store's own time, ms since 1970. */
  readonly createdAt: number
}

/** Who turns a switch off, and why. */
export interface KillSwitchEnd {
  readonly actor: string
  readonly reason: string | null
}

/**
 * Where kill switches live. Each change is written together with its row in the audit log. All methods reject with GatewayError
 * `ledger_unavailable`.
 */
export interface KillSwitchStore {
  /** Turns a switch on. Null when its cause was used before, even if that switch is off again: a person who turned it off is not overruled. */
  on(ask: NewKillSwitch): Promise<KillSwitchRow | null>
  /** Turns a switch off and gives it as it was; null when there is none that is on. */
  off(id: string, end: KillSwitchEnd): Promise<KillSwitchRow | null>
  /** All that are on, newest first. */
  list(): Promise<readonly KillSwitchRow[]>
  /** Another text after every change, so that instances can ask often and read seldom. */
  version(): Promise<string>
}
