import type { Plan } from './plan.ts'

const SIXTY = { tokens: 60 } as const

/**
 * The sixteen faults of the Failover Bench (https://github.com/failoverbench/failoverbench, methodology 0.1) under the model
 * names its wall gives them, written anew from their descriptions. A good answer has sixty tokens.
 */
const BENCH_PLANS: Readonly<Record<string, Plan>> = {
  'fb-ok': SIXTY,
  'fb-ok-noprefill': { ...SIXTY, fault: { kind: 'no-prefill' } },
  'fb-s01-429-retry-after': { ...SIXTY, times: 1, fault: { kind: 'status', status: 429, retryAfterSeconds: 2 } },
  'fb-s02-429-persistent': { fault: { kind: 'status', status: 429 } },
  'fb-s03-500-then-200': { ...SIXTY, times: 1, fault: { kind: 'status', status: 500 } },
  'fb-s04-503-persistent': { fault: { kind: 'status', status: 503 } },
  'fb-s05-reset': { ...SIXTY, times: 1, fault: { kind: 'reset' } },
  'fb-s06-no-response': { fault: { kind: 'hang', forMs: 120_000 } },
  'fb-s07-slow-ttft': { ...SIXTY, firstTokenDelayMs: 20_000 },
  'fb-s08-stream-cut': { ...SIXTY, fault: { kind: 'cut', after: 40 } },
  'fb-s09-stream-stall': { ...SIXTY, fault: { kind: 'stall', after: 20, forMs: 30_000 } },
  'fb-s10-malformed-chunk': { ...SIXTY, fault: { kind: 'malformed', after: 9 } },
  'fb-s11-no-done': { ...SIXTY, fault: { kind: 'no-done' } },
  'fb-s12-context-length': { fault: { kind: 'status', status: 400, code: 'context_length_exceeded' } },
  'fb-s13-content-filter': { fault: { kind: 'status', status: 400, code: 'content_policy_violation' } },
  'fb-s14-stream-cut': { ...SIXTY, fault: { kind: 'cut', after: 40 } },
  'fb-s15-flap': { ...SIXTY, forMs: 60_000, fault: { kind: 'status', status: 503 } },
  'fb-s16-503-persistent': { fault: { kind: 'status', status: 503 } },
}

/** The plan of a scenario, by its model name or its number alone (`S08`, `fb-s08`); null when it is none of them. */
export function benchPlan(name: string): Plan | null {
  const wanted = name.toLowerCase()
  const number = /^(?:fb-)?(s\d\d)$/.exec(wanted)?.[1]
  const found = Object.entries(BENCH_PLANS).find(
    ([key]) => key === wanted || (number && key.startsWith(`fb-${number}-`)),
  )
  return found ? { name: found[0], ...found[1] } : null
}
