import { writeFileSync } from 'node:fs'
import type { Profiler, Runtime } from 'node:inspector'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import type { Settings } from './settings.ts'
import { warmUp } from './warm-up.ts'
import { JSON_CALLS, STREAMS, type Workload } from './workloads.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SHOWN = 60

/** Profiles the gateway under one workload, writes the profile (Chrome's DevTools read it) and says where the time went. */
export async function profile(bench: Bench, settings: Settings, name: string, file: string): Promise<string> {
  const workload = workloadNamed(name)
  const { gateway } = bench
  await warmUp(bench, gateway, settings)
  await bench.send(gateway, workload, settings.warmUpSeconds, settings.concurrency)
  await gateway.child.ask('profileFrom')
  const { calls } = await bench.send(gateway, workload, settings.seconds * 3, settings.concurrency)
  const taken = await gateway.child.ask<Profiler.Profile>('profileTo')
  writeFileSync(file, JSON.stringify(taken))
  return selfTimes(taken, calls)
}

/** Throws RangeError when there is none of that name. */
export function workloadNamed(name: string): Workload {
  const workload = [...JSON_CALLS, ...STREAMS].find((one) => one.name === name)
  if (!workload) throw new RangeError(`there is no workload "${name}"`)
  return workload
}

/** The functions that took most time themselves, in µs a call. */
function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, calls: number): string {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const spent = new Map<string, number>()
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[at] ?? 0))
  }
  return [...spent]
    .sort(([, left], [, right]) => right - left)
    .slice(0, SHOWN)
    .map(([name, us]) => `${(us / calls).toFixed(2).padStart(9)}  ${name}`)
    .join('\n')
}

/** A function and where it stands. */
export function nameOf({ functionName, url, lineNumber }: Runtime.CallFrame): string {
  const place = url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url
  return `${functionName || '(anonymous)'}  ${place}${place ? `:${lineNumber + 1}` : ''}`
}
