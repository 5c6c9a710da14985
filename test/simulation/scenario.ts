import fc from 'fast-check'

/*
 * What can happen in one simulated day, as plain data: so a schedule that fails can be printed, made smaller and played again.
 *
 * Money is in cents, tokens are whole, times are ms since the start. Delays and losses of single messages are not listed: they follow from `seed` and the
 * number of the message, so that they stay the same when the rest of a scenario is made smaller.
 */

/** One exchange of a client. */
export interface Call {
  /** On which instance, if it lives then. */
  readonly instance: number
  readonly atMs: number
  readonly user: 0 | 1
  /** What is held before it runs. */
  readonly holds: { readonly cents: number; readonly tokens: number }
  /** What it costs in the end, over all attempts. */
  readonly spends: { readonly cents: number; readonly tokens: number }
  /** Between its hold and its first attempt: guards, for example. */
  readonly lagMs: number
  readonly lastsMs: number
  /** Attempts in order: `billed` reaches the provider and is charged, `voided` was noted and never left. Empty: refused by a guard after the hold. */
  readonly attempts: readonly ('billed' | 'voided')[]
  /** Held in addition half way, as for a stream that grows longer. */
  readonly topUp: { readonly cents: number; readonly tokens: number } | null
}

/** Something that goes wrong, or is done by an operator. */
export type Fault =
  /** kill -9. The next process starts after `restartAfterMs` on the same machine. */
  | { readonly kind: 'crash'; readonly instance: number; readonly atMs: number; readonly restartAfterMs: number }
  /** kill -STOP, and later -CONT: longer than the lease, others take it for dead if it runs on another machine. */
  | { readonly kind: 'stop'; readonly instance: number; readonly atMs: number; readonly forMs: number }
  /** SIGTERM, then a new process. */
  | { readonly kind: 'close'; readonly instance: number; readonly atMs: number; readonly restartAfterMs: number }
  /** The database is away for all. */
  | { readonly kind: 'outage'; readonly atMs: number; readonly forMs: number }
  /** The network between one instance and the database is cut: questions hang until the client gives up. */
  | { readonly kind: 'cut'; readonly instance: number; readonly atMs: number; readonly forMs: number }
  /** The instance's wall clock is set. */
  | { readonly kind: 'clock'; readonly instance: number; readonly atMs: number; readonly byMs: number }
  /** Its data directory takes no writes. */
  | { readonly kind: 'full disk'; readonly instance: number; readonly atMs: number; readonly forMs: number }
  /** New configuration: the tenant's limits are multiplied. */
  | { readonly kind: 'limits'; readonly atMs: number; readonly percent: number }

/** A simulated day. */
export interface Scenario {
  readonly seed: number
  /** How long before the tenant's midnight it begins. Midnight is far away when this is large. */
  readonly beforeMidnightMs: number
  readonly zone: (typeof ZONES)[number]
  /** Limits in cents, tokens and calls; null is no budget. */
  readonly limits: {
    readonly tenantDayCents: number | null
    readonly userDayCents: number | null
    readonly totalMonthCents: number | null
    readonly tenantDayTokens: number | null
    readonly userHourCalls: number | null
  }
  /** Where the two instances run: processes on one machine, containers that share a data directory, or machines that share nothing but the database. */
  readonly place: 'one machine' | 'one directory' | 'two machines'
  /** Most ms that a message takes. */
  readonly latencyMs: number
  /** Of 1,000 questions to the database so many fail: before they are done, after, or are done after their asker gave up. */
  readonly lossPermille: number
  readonly calls: readonly Call[]
  readonly faults: readonly Fault[]
}

/** Where tenants may be. */
export const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Chatham'] as const

/** Calls and faults begin within so many ms. */
export const BUSY_MS = 8_000

const instance = fc.nat(1)
const atMs = fc.nat(BUSY_MS)
const forMs = fc.integer({ min: 50, max: 9_000 })
const restartAfterMs = fc.integer({ min: 1, max: 4_000 })

const call: fc.Arbitrary<Call> = fc.record({
  instance,
  atMs,
  user: fc.constantFrom<0 | 1>(0, 1),
  holds: fc.record({ cents: fc.integer({ min: 0, max: 6 }), tokens: fc.integer({ min: 1, max: 60 }) }),
  spends: fc.record({ cents: fc.integer({ min: 0, max: 7 }), tokens: fc.integer({ min: 0, max: 70 }) }),
  lagMs: fc.constantFrom(0, 0, 0, 200, 2_500),
  lastsMs: fc.nat(1_500),
  attempts: fc.oneof(
    { weight: 6, arbitrary: fc.constant(['billed'] as const) },
    { weight: 4, arbitrary: fc.array(fc.constantFrom<'billed' | 'voided'>('billed', 'voided'), { maxLength: 3 }) },
  ),
  topUp: fc.option(fc.record({ cents: fc.nat(4), tokens: fc.nat(40) }), { freq: 3 }),
})

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('crash' as const), instance, atMs, restartAfterMs }),
  fc.record({ kind: fc.constant('stop' as const), instance, atMs, forMs }),
  fc.record({ kind: fc.constant('close' as const), instance, atMs, restartAfterMs }),
  fc.record({ kind: fc.constant('outage' as const), atMs, forMs }),
  fc.record({ kind: fc.constant('cut' as const), instance, atMs, forMs }),
  fc.record({
    kind: fc.constant('clock' as const),
    instance,
    atMs,
    byMs: fc.constantFrom(-3_600_000, -500, 2_000, 90_000, 86_400_000),
  }),
  fc.record({ kind: fc.constant('full disk' as const), instance, atMs, forMs }),
  fc.record({ kind: fc.constant('limits' as const), atMs, percent: fc.constantFrom(0, 50, 80, 120, 300) }),
)

const limits: fc.Arbitrary<Scenario['limits']> = fc.record({
  tenantDayCents: fc.option(fc.integer({ min: 0, max: 60 }), { freq: 8 }),
  userDayCents: fc.option(fc.integer({ min: 5, max: 40 }), { freq: 3 }),
  totalMonthCents: fc.option(fc.integer({ min: 10, max: 80 }), { freq: 3 }),
  tenantDayTokens: fc.option(fc.integer({ min: 50, max: 1_500 }), { freq: 2 }),
  userHourCalls: fc.option(fc.integer({ min: 1, max: 20 }), { freq: 2 }),
})

const shape = {
  seed: fc.nat(1_000_000),
  beforeMidnightMs: fc.constantFrom(43_200_000, 4_000, 1_000),
  zone: fc.constantFrom(...ZONES),
  limits,
  place: fc.constantFrom('one machine', 'one directory', 'two machines'),
  latencyMs: fc.constantFrom(0, 5, 60, 300),
  calls: fc.array(call, { minLength: 1, maxLength: 30 }),
}

/** Everything may fail. */
export const stormy: fc.Arbitrary<Scenario> = fc.record({
  ...shape,
  lossPermille: fc.constantFrom(0, 0, 30, 150),
  faults: fc.array(fault, { maxLength: 4 }),
})

/**
 * Nothing fails, messages are quick, and no call costs more than it held: then every call must be served that can be paid. On days on which all are on one
 * instance they ask for more too, and must be given it. (Between instances nobody can tell who was first to ask for more, or what comes free at that moment.)
 */
export const calm: fc.Arbitrary<Scenario> = fc
  .record({
    ...shape,
    beforeMidnightMs: fc.constant(43_200_000),
    latencyMs: fc.constantFrom(0, 5, 20),
    lossPermille: fc.constant(0),
    faults: fc.constant([]),
  })
  .chain((scenario) =>
    fc.boolean().map((together) => ({ ...scenario, calls: scenario.calls.map((call) => withinHold(call, together)) })),
  )

function withinHold(call: Call, together: boolean): Call {
  const cents = Math.min(call.holds.cents, call.spends.cents)
  const tokens = Math.min(call.holds.tokens, call.spends.tokens)
  return { ...call, ...(together ? { instance: 0 } : { topUp: null }), spends: { cents, tokens } }
}
