import { setTimeout as pause } from 'node:timers/promises'
import { fillerText, type WallCall } from '../../src/testing/index.ts'
import type { Caller } from './callers.ts'
import type { BenchFault } from './faults.ts'
import type { Profile } from './profile.ts'
import type { AttemptSeen, CallSeen, FaultSeen, StepSeen } from './seen.ts'
import { HEALTHY, JUDGED, type Stand } from './stand.ts'

const WHOLE = fillerText(60)
const ALIVE_MS = 10_000

const words = (text: string): string => text.trim().replace(/\s+/g, ' ')
const isWhole = ({ text }: CallSeen): boolean => words(text) === words(WHOLE)

/** Makes the calls of one fault, and gathers what both sides saw. */
export async function play(fault: BenchFault, caller: Caller, stand: Stand, { flap }: Profile): Promise<FaultSeen> {
  const ask = { url: stand.url, model: JUDGED, mostMs: fault.mostMs }
  const steps = fault.sequence ? await sequence(() => caller(ask), flap) : [{ atMs: 0, seen: await caller(ask) }]
  const calls = [...stand.wall.calls]
  const healthy = await caller({ ...ask, model: HEALTHY, mostMs: ALIVE_MS })
  const primary = attemptsOf(calls, fault.model, 'primary')
  const wellAtMs = (primary[0]?.atMs ?? 0) + flap.downMs
  return {
    call: worst(steps),
    whole: steps.every(({ seen }) => isWhole(seen)),
    primary,
    fallback: attemptsOf(calls, fault.fallbackModel, 'fallback'),
    prefillRefusals: calls.filter(({ model, status }) => model === 'fb-ok-noprefill' && status === 400).length,
    alive: healthy.outcome === 'success' && isWhole(healthy),
    fallbackModel: fault.fallbackModel,
    steps: fault.sequence ? steps : [],
    wellAtMs,
    usedAgainAtMs: primary.find(({ status }) => status === 200)?.atMs ?? null,
  }
}

async function sequence(call: () => Promise<CallSeen>, { calls, everyMs }: Profile['flap']): Promise<StepSeen[]> {
  const started = performance.now()
  const steps: StepSeen[] = []
  for (let number = 0; number < calls; number += 1) {
    const waitMs = number * everyMs - (performance.now() - started)
    if (waitMs > 0) await pause(waitMs)
    const atMs = performance.now() - started
    steps.push({ atMs, seen: await call() })
  }
  return steps
}

const BADNESS: Readonly<Record<CallSeen['outcome'], number>> = { success: 0, error: 1, hang: 2 }

function worst(steps: readonly StepSeen[]): CallSeen {
  const [first, ...others] = steps.map(({ seen }) => seen)
  if (!first) throw new Error('no call was made')
  const badness = (seen: CallSeen): number => BADNESS[seen.outcome] + (isWhole(seen) ? 0 : 0.5)
  return others.reduce((bad, seen) => (badness(seen) > badness(bad) ? seen : bad), first)
}

function attemptsOf(calls: readonly WallCall[], model: string, role: AttemptSeen['role']): readonly AttemptSeen[] {
  const start = calls[0]?.receivedAt ?? 0
  return calls
    .filter((call) => call.model === model)
    .map(({ receivedAt, status, outcome }) => ({ role, atMs: receivedAt - start, status, outcome }))
}
