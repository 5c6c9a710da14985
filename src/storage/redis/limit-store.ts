import type { Redis } from 'ioredis'
import type {
  LimitAsk,
  LimitLook,
  LimitStore,
  LimitUse,
  LimitVerdict,
  RateChange,
  Slot,
} from '../contracts/limit-store.ts'
import { rateUse } from '../protocol/gcra.ts'
import { slotUse } from '../protocol/slot-pool.ts'
import { BEAT, CORRECT, HOLD, PEEK, RELEASE, TAKE } from './limit-scripts.ts'

/** What the server's counts are kept with. */
export interface RedisLimitsOptions {
  readonly redis: Redis
  /** The name of this instance; no two have the same. */
  readonly instance: string
  /** A slot that was not renewed for so long is free again. Default 10 s. */
  readonly leaseMs?: number
  /** For tests: the time, instead of the server's. */
  readonly nowMs?: () => number
}

/** Counts on a Redis or Valkey server, shared by every instance that uses it. */
export interface RedisLimits extends LimitStore {
  /** Rejects when the server does not answer or the connection breaks; whether the call was counted is then not known. */
  take(ask: LimitAsk): Promise<LimitVerdict>
  peek(looks: readonly LimitLook[]): Promise<readonly LimitUse[]>
  /** Says that this instance is alive; gives how many are. Rejects when the server does not answer. */
  beat(): Promise<number>
}

/** The braces make all keys of a database one hash slot, which a script needs and a cluster asks for. */
const PREFIX = 'headgate:{limits}'
const LEASE_MS = 10_000
/** Slots renewed in one script: more would keep others waiting. */
const SLOTS_AT_ONCE = 200
/** Counts looked at in one script, for the same reason. */
const LOOKS_AT_ONCE = 500
const STANDING_NUMBERS = 3

/** The server's counts. The connection stays the caller's. */
export function createRedisLimits({ redis, instance, leaseMs = LEASE_MS, nowMs }: RedisLimitsOptions): RedisLimits {
  const now = () => nowMs?.() ?? ''
  // What cannot be delivered is lost: counts heal by themselves, and leases lapse.
  const tell = (told: Promise<unknown>): void => void told.catch(() => undefined)
  // With every new connection, before anything else is sent: a script that has to be sent again would be overtaken by what comes after it.
  const teach = () => {
    for (const script of [TAKE, CORRECT, HOLD, RELEASE, PEEK, BEAT]) tell(script.load(redis))
  }
  redis.on('ready', teach)
  if (redis.status === 'ready') teach()
  return {
    async take(ask) {
      const { rates, slots, patience, wantMs } = ask
      const keys = [...rates.map(rateKey), ...slots.flatMap(slotKeys)]
      const args = [now(), rates.length, slots.length, leaseMs, patience, wantMs]
      for (const { rule, amount } of rates) args.push(rule.limit, rule.windowMs, amount)
      for (const { rule, lease, holder } of slots) args.push(rule.limit, lease, holder)
      return verdictOf(await TAKE.run(redis, keys, args), ask)
    },
    correct(changes) {
      if (changes.length === 0) return
      const args = changes.flatMap(({ rule, amount, most }: RateChange) => [
        rule.limit,
        rule.windowMs,
        amount,
        most ?? '',
      ])
      tell(CORRECT.run(redis, changes.map(rateKey), [now(), ...args]))
    },
    hold(slots) {
      for (let at = 0; at < slots.length; at += SLOTS_AT_ONCE) {
        const some = slots.slice(at, at + SLOTS_AT_ONCE)
        tell(HOLD.run(redis, some.flatMap(slotKeys), [now(), leaseMs, ...some.flatMap(nameOf)]))
      }
    },
    release(slots) {
      if (slots.length === 0) return
      tell(RELEASE.run(redis, slots.flatMap(slotKeys), [now(), ...slots.flatMap(nameOf)]))
    },
    async peek(looks) {
      const uses: LimitUse[] = []
      for (let at = 0; at < looks.length; at += LOOKS_AT_ONCE) {
        const some = looks.slice(at, at + LOOKS_AT_ONCE)
        const limits = some.map(({ rule }) => ('windowMs' in rule ? rule.limit : ''))
        const reply = await PEEK.run(redis, some.map(lookKey), [now(), ...limits])
        const counts = Array.isArray(reply) ? reply.map(Number) : []
        for (const [index, { rule }] of some.entries()) {
          const count = counts[index] ?? 0
          uses.push('windowMs' in rule ? rateUse(count, rule) : slotUse(count, rule))
        }
      }
      return uses
    },
    async beat() {
      return Number(await BEAT.run(redis, [`${PREFIX}:instances`], [now(), instance, leaseMs]))
    },
  }
}

function rateKey({ rule, value }: LimitLook): string {
  return `${PREFIX}:rate:${rule.id}:${value}`
}

function lookKey(look: LimitLook): string {
  return 'windowMs' in look.rule ? rateKey(look) : `${slotKey(look)}:leases`
}

function slotKey({ rule, value }: LimitLook): string {
  return `${PREFIX}:slots:${rule.id}:${value}`
}

function slotKeys(slot: Slot): readonly string[] {
  const key = slotKey(slot)
  return [`${key}:leases`, `${key}:held`, `${key}:wants`]
}

function nameOf({ lease, holder }: Slot): readonly string[] {
  return [lease, holder]
}

function verdictOf(reply: unknown, { rates, slots }: LimitAsk): LimitVerdict {
  const numbers = Array.isArray(reply) ? reply.map(Number) : []
  const at = (index: number): number => numbers[index] ?? 0
  const slotsFrom = 2 + rates.length * STANDING_NUMBERS
  return {
    admitted: at(0) === 1,
    wanting: at(1) === 1,
    rates: rates.map((_, index) => {
      const from = 2 + index * STANDING_NUMBERS
      return { remaining: at(from), resetMs: at(from + 1), waitMs: at(from + 2) }
    }),
    slots: slots.map((_, index) => ({ held: at(slotsFrom + index * 2), refused: at(slotsFrom + index * 2 + 1) === 1 })),
  }
}
