import type { DialectName } from '../../../src/canonical/dialect-name.ts'
import type { Plan } from '../../../src/testing/index.ts'
import { Chance } from '../chance.ts'
import { anyAnswer, heavyAnswer, longAnswer } from './answer.ts'
import { anyTrouble } from './faults.ts'
import { UPSTREAMS, type Wanted } from './upstreams.ts'

/** In which format a caller asks; `library` is `gateway.stream`. */
export type Inbound = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'google-generate-content' | 'library'

/** Through what: a process that listens, this process by its `fetch`, or this process by its library. */
export type Face = 'http' | 'fetch' | 'library'

/** What a caller does. */
export type Behaviour =
  | { readonly kind: 'stays' }
  /** Leaves once so many bytes (of the library: events) have come; 0 is with the headers. */
  | { readonly kind: 'leaves-after'; readonly amount: number }
  | { readonly kind: 'leaves-at'; readonly ms: number }
  /** Takes a pause after each piece it reads. */
  | { readonly kind: 'reads-slowly'; readonly pauseMs: number }

/** One provider's part in a stream. */
export interface Part {
  readonly upstream: string
  readonly dialect: DialectName
  readonly trouble: string
  readonly plan: Plan
}

/** All that is decided about one stream before it begins. */
export interface StreamPlan extends Wanted {
  readonly index: number
  /** Its trace id, and the text of its prompt: callers, wall and ledger know it by this name. */
  readonly name: string
  readonly inbound: Inbound
  readonly face: Face
  readonly parts: readonly [Part, ...Part[]]
  readonly behaviour: Behaviour
  /** Whether its user has little money. */
  readonly isPoor: boolean
  /** Whether a caller of Chat Completions asks for usage. */
  readonly asksUsage: boolean
}

const WIRES = ['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate-content'] as const

/** Every pair of a caller's format and an upstream's, in turn. */
export const PAIRS = [...WIRES, 'library' as const].flatMap((inbound) =>
  UPSTREAMS.map((upstream) => ({ inbound, upstream })),
)

/** The plan of one stream: the same seed and index, the same plan. */
export function planStream(seed: number, index: number, faces: readonly Face[], mayWait = true): StreamPlan {
  const chance = new Chance(Math.imul(seed, 2_654_435_761) ^ Math.imul(index + 1, 1_597_334_677))
  // The first numbers of neighbouring seeds are alike.
  for (let skipped = 0; skipped < 4; skipped += 1) chance.fraction()
  const possible = PAIRS.filter(({ inbound }) => (inbound === 'library' ? faces.includes('library') : true))
  const pair = possible[index % possible.length]
  if (!pair) throw new RangeError('there are no pairs')
  const { inbound, upstream } = pair
  const isPoor = chance.happens(0.04)
  const heavy = !isPoor && chance.happens(0.02)
  const fallback = !isPoor && chance.happens(0.45) ? chance.pick(UPSTREAMS) : null
  const part = (one: (typeof UPSTREAMS)[number], mark: string): Part => {
    const trouble = isPoor || heavy ? { name: 'none', plan: {} } : anyTrouble(chance, one.dialect, mayWait)
    const said = isPoor ? longAnswer(chance, mark) : heavy ? heavyAnswer(chance, mark) : anyAnswer(chance, mark)
    return {
      upstream: one.name,
      dialect: one.dialect,
      trouble: trouble.name,
      plan: fitting({ ...(trouble.plan.text === undefined ? said : {}), ...trouble.plan }, one.dialect),
    }
  }
  return {
    index,
    name: (BigInt(seed) * 2n ** 64n + BigInt(index) + 1n).toString(16).padStart(32, '0'),
    inbound,
    face: inbound === 'library' ? 'library' : chance.pick(faces.filter((face) => face !== 'library')),
    upstream: upstream.name,
    fallback: fallback?.name ?? null,
    delivery: chance.happens(0.25) ? 'whole' : 'stream',
    partial: chance.happens(0.25) ? 'return' : 'error',
    parts: [part(upstream, 'One.'), ...(fallback ? [part(fallback, 'Two.')] : [])],
    behaviour: heavy ? { kind: 'reads-slowly', pauseMs: chance.between(1, 12) } : anyBehaviour(chance),
    isPoor,
    asksUsage: chance.happens(0.6),
  }
}

/** Cohere and OpenAI's hosts alone leave the index out; arguments that are no text at all are for those who take them. */
function fitting(plan: Plan, dialect: DialectName): Plan {
  if (plan.toolCallStyle !== 'without-index' || dialect === 'openai-chat') return plan
  return { ...plan, toolCallStyle: 'in-order' }
}

function anyBehaviour(chance: Chance): Behaviour {
  const mood = chance.fraction()
  if (mood < 0.76) return { kind: 'stays' }
  if (mood < 0.86) return { kind: 'leaves-after', amount: Math.floor(3_000 * chance.fraction() ** 2) }
  if (mood < 0.88) return { kind: 'leaves-after', amount: 0 }
  if (mood < 0.95) return { kind: 'leaves-at', ms: Math.floor(40 * chance.fraction() ** 2) }
  return { kind: 'reads-slowly', pauseMs: chance.between(0, 3) }
}
