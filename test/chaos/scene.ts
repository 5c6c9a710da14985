import type { ConfigInput } from '../../src/config/schema.ts'
import type { Plan, Wall, WallCall } from '../../src/testing/index.ts'
import { Chance } from './chance.ts'
import type { Prices, UpstreamCall } from './examine.ts'

/*
 * What the gateways are told, and how the providers behave: the same prices on both sides, so that every bill can be computed from the wall's own log.
 */

/** Nano-USD per token, of every model here. */
export const PRICES: Prices = { input: 1_000n, output: 10_000n }

/**
 * The most that one stream event costs, in nano-USD: the wall says one token at a time, which the gateway, counting bytes and upwards, may take for three.
 */
export const EVENT_COST = 3n * PRICES.output

const MODEL = { price: { input_per_mtok: 1, output_per_mtok: 10 }, context: 100_000, max_output: 4_000 }

/** Keys of the two providers, by which the wall's log says who was called. */
const PROVIDERS = new Map([
  ['sk-oa', 'oa'],
  ['sk-an', 'an'],
])

type Provider = NonNullable<NonNullable<ConfigInput['providers']>[string]>

/** What every scene has: a wall that is two providers with the same model `m`, called `first` and `second`. */
export function twoProviders(wall: Wall, m: typeof MODEL, timeouts: Provider['timeouts']): ConfigInput {
  const same = { models: { m }, timeouts }
  return {
    version: 1,
    server: { drain: '8s' },
    auth: { mode: 'keys' },
    metadata: { required: ['tenant_id', 'feature'] },
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', ...same },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', ...same },
    },
    models: { openai: ['oa/m'], anthropic: ['an/m'] },
    tasks: { first: { default: 'openai', ...ONCE }, second: { default: 'anthropic', ...ONCE } },
    // Providers are to be asked however often they fail.
    breaker: { failures: null },
  }
}

/** An attempt is known by its call and its provider here, so each is asked once. */
const ONCE = { retry: { attempts: 0 } }

/** The configuration of every gateway of a stand. */
export function sceneConfig(wall: Wall, redisUrl: string | null): ConfigInput {
  const timeouts = { connect: '2s', first_byte: '3s', first_token: '3s', idle: '2s', total: '10s' }
  const shared = twoProviders(wall, MODEL, timeouts)
  return {
    ...shared,
    tasks: { ...shared.tasks, safe: { default: 'openai', fallback: 'anthropic', ...ONCE } },
    coordination: { redis: redisUrl },
    limits: [
      { per: 'tenant', requests: 100_000, window: '1m' },
      { per: 'tenant', tokens: 10_000_000, window: '1m' },
      { per: 'tenant', concurrency: 40 },
      { per: 'total', concurrency: 60 },
    ],
    budgets: [
      { per: 'tenant', usd: 1, window: 'day' },
      // A few calls, and it is used up.
      { per: 'user', usd: 0.003, window: 'day' },
      { per: 'tenant', tokens: 1_000_000, window: 'month' },
      { per: 'feature', requests: 1_000_000, window: 'hour' },
      { per: 'feature', usd: 1_000, window: 'month' },
      { per: 'total', usd: 1_000, window: 'month' },
    ],
  }
}

const NAME = /tr_[\w-]+/

/** The name of the call that an upstream request belongs to; null for none of ours. */
function nameOf(call: Pick<WallCall, 'rawBody'>): string | null {
  return NAME.exec(call.rawBody)?.[0] ?? null
}

/** What a wall has logged of our calls. */
export function upstreamCalls(wall: Wall): readonly UpstreamCall[] {
  return wall.calls.flatMap((call) => {
    const name = nameOf(call)
    const provider = PROVIDERS.get(call.key ?? '')
    return name === null || provider === undefined
      ? []
      : [{ name, provider, completed: call.completed, ...call.billed }]
  })
}

/** A wall that treats each call as the seed and the call's name say. */
export function moodOf(seed: number, mood: (chance: Chance) => Plan): (call: WallCall) => Plan | undefined {
  return (call) => {
    const name = nameOf(call)
    if (name === null) return undefined
    return mood(new Chance(seed ^ hash(name) ^ (call.dialect === 'anthropic-messages' ? 1 : 0)))
  }
}

/** Mostly good; all that providers do wrong now and then. */
export function anyMood(chance: Chance): Plan {
  const good: Plan = {
    // More than most calls allow: then the cap is what is said.
    tokens: chance.happens(0.25) ? chance.between(40, 300) : chance.between(4, 25),
    firstByteDelayMs: chance.between(0, 40),
    betweenEventsMs: chance.between(0, 4),
  }
  const after = chance.between(0, 4)
  const mood = chance.fraction()
  if (mood < 0.68) return good
  if (mood < 0.76) return { fault: { kind: 'status', status: chance.pick([500, 503, 429]) } }
  if (mood < 0.8) return { fault: { kind: 'reset' } }
  if (mood < 0.86) return { ...good, fault: { kind: 'cut', after } }
  if (mood < 0.9) return { ...good, fault: { kind: 'error-event', after } }
  if (mood < 0.93) return { ...good, firstByteDelayMs: chance.between(300, 900) }
  if (mood < 0.96) return { ...good, billsAfterAbort: true }
  if (mood < 0.98) return { ...good, fault: { kind: 'stall', after, forMs: 400 } }
  return { ...good, fault: { kind: 'eof', after } }
}

function hash(text: string): number {
  let value = 2_166_136_261
  for (const char of text) value = Math.imul(value ^ char.charCodeAt(0), 16_777_619)
  return value >>> 0
}
