import type { Bench, Subject } from './bench.ts'
import type { Settings } from './settings.ts'
import { spreadOf } from './statistics.ts'
import { warmUp } from './warm-up.ts'
import { JSON_CALLS, STREAMS, type Workload } from './workloads.ts'

/** One figure for both subjects, round by round. */
export interface Measure {
  readonly name: string
  readonly unit: 'µs' | 'ms' | 'MB'
  readonly bare: number[]
  readonly gateway: number[]
}

/** All figures of a run. */
export interface Measures {
  /** CPU of a JSON call, by the size of its body. */
  readonly calls: readonly Measure[]
  /** CPU of a chunk of a stream. */
  readonly chunk: Measure
  /** CPU of a short stream with its chunks. */
  readonly shortStream: Measure
  /** CPU of a stream of one chunk: everything about a stream that is not a chunk. */
  readonly leastStream: Measure
  /** What a subject adds to the time to the first token. */
  readonly firstToken: Measure
  readonly memory: Measure
  /** Calls a second by workload: those of both subjects where callers keep to a clock, else the gateway's. */
  readonly paces: Map<string, number>
}

/** So much of what the gateway takes without a pause: the process rests now and then, as it does in life, and has room to catch up. */
const PACE = 0.7

/** How many steps `measure` takes, for the progress bar. */
export function stepsOf({ rounds }: Settings): number {
  return 2 + (rounds + 1) * (2 * (JSON_CALLS.length + STREAMS.length) + 3)
}

/** Runs all rounds. `step` is told what is being done, before each step. */
export async function measure(bench: Bench, settings: Settings, step: (what: string) => void): Promise<Measures> {
  const measures: Measures = {
    calls: JSON_CALLS.map(({ name }) => empty(`JSON call, ${name}`, 'µs')),
    chunk: empty('streamed chunk', 'µs'),
    shortStream: empty(`stream of ${STREAMS[1].name}`, 'µs'),
    leastStream: empty(`stream of ${STREAMS[0].name}`, 'µs'),
    firstToken: empty('added to first token', 'ms'),
    memory: empty('resident memory', 'MB'),
    paces: new Map(),
  }
  for (const name of ['bare', 'gateway'] as const) {
    step(`warming up: ${name}`)
    await warmUp(bench, bench[name], settings)
  }
  const forgotten: Measures = structuredClone(measures)
  await round(bench, { ...settings, seconds: settings.warmUpSeconds }, forgotten, false, (what) =>
    step(`warming up: ${what}`),
  )
  for (const [name, often] of forgotten.paces) measures.paces.set(name, often * PACE)
  for (let number = 1; number <= settings.rounds; number += 1) {
    // A B, then B A: a machine that grows faster or slower does so for both.
    const backwards = number % 2 === 0
    await round(bench, settings, measures, backwards, (what) => step(`round ${number} of ${settings.rounds}: ${what}`))
  }
  return measures
}

function empty(name: string, unit: Measure['unit']): Measure {
  return { name, unit, bare: [], gateway: [] }
}

async function round(
  bench: Bench,
  settings: Settings,
  into: Measures,
  backwards: boolean,
  step: (what: string) => void,
): Promise<void> {
  const order: readonly ['gateway' | 'bare', 'gateway' | 'bare'] = backwards ? ['gateway', 'bare'] : ['bare', 'gateway']
  const cost = (name: 'gateway' | 'bare', workload: Workload) => {
    step(`${workload.name}, ${name}`)
    return cpuOfCall(bench, bench[name], workload, settings, into.paces)
  }
  for (const [at, workload] of JSON_CALLS.entries()) {
    for (const name of order) into.calls[at]?.[name].push(await cost(name, workload))
  }
  const [least, short, long] = STREAMS
  for (const name of order) {
    into.leastStream[name].push(await cost(name, least))
    const [ofShort, ofLong] = [await cost(name, short), await cost(name, long)]
    into.shortStream[name].push(ofShort)
    into.chunk[name].push((ofLong - ofShort) / (long.chunks - short.chunks))
  }
  await firstToken(bench, settings, into, step)
  for (const name of order) into.memory[name].push((await bench[name].child.cost()).rssBytes / 1e6)
}

/** CPU time of the subject's own process for one call, in µs. Where no pace is known yet, the gateway's is noted. */
async function cpuOfCall(
  bench: Bench,
  subject: Subject,
  workload: Workload,
  { seconds: lasting, concurrency, unpaced }: Settings,
  paces: Map<string, number>,
): Promise<number> {
  const pace = unpaced ? null : (paces.get(workload.name) ?? null)
  const before = await subject.child.cost()
  const { calls, seconds } = await bench.send(subject, workload, lasting, concurrency, pace)
  const after = await subject.child.cost()
  if (pace === null && subject.name === 'gateway') paces.set(workload.name, calls / seconds)
  return (after.cpuUs - before.cpuUs) / calls
}

/** One caller at a time asks for short streams, first without anything between it and the upstream. */
async function firstToken(bench: Bench, { seconds }: Settings, into: Measures, step: (what: string) => void) {
  const [, short] = STREAMS
  const times = { upstream: 0, bare: 0, gateway: 0 }
  for (const name of ['upstream', 'bare', 'gateway'] as const) {
    step(`first token, ${name}`)
    const { firstByteMs } = await bench.send(bench[name], short, seconds, 1)
    times[name] = spreadOf(firstByteMs).median
  }
  into.firstToken.bare.push(times.bare - times.upstream)
  into.firstToken.gateway.push(times.gateway - times.upstream)
}
