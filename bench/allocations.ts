import { writeFileSync } from 'node:fs'
import type { HeapProfiler } from 'node:inspector'
import type { Bench, Subject } from './bench.ts'
import type { Allocated } from './inspected.ts'
import { nameOf, workloadNamed } from './profile.ts'
import type { Settings } from './settings.ts'
import { warmUp } from './warm-up.ts'

/*
 * What a call allocates, by the function that does. A busy machine makes every time swing by a third, but not this: whoever makes the gateway cheaper
 * sees here what a change was worth, and what to change next.
 */

const SHOWN = 70

type Node = HeapProfiler.SamplingHeapProfileNode

/** Bytes a call in V8's heap, of the bare pass-through and of the gateway, whose profile goes to `file`. */
export async function allocations(bench: Bench, settings: Settings, name: string, file: string): Promise<string> {
  const bare = await allocated(bench, bench.bare, settings, name)
  const gateway = await allocated(bench, bench.gateway, settings, name)
  writeFileSync(file, JSON.stringify(gateway.profile))
  return [
    `${summary('bare', bare)}\n${bySelf(bare, 12)}`,
    `${summary('gateway', gateway)}\n${bySelf(gateway, SHOWN)}`,
    `gateway, with everything called from there\n${byTree(gateway, SHOWN)}`,
  ].join('\n\n')
}

interface Taken extends Allocated {
  readonly calls: number
}

async function allocated(bench: Bench, subject: Subject, settings: Settings, name: string): Promise<Taken> {
  const workload = workloadNamed(name)
  await warmUp(bench, subject, settings)
  await bench.send(subject, workload, settings.warmUpSeconds, settings.concurrency)
  await subject.child.ask('allocationsFrom')
  const { calls } = await bench.send(subject, workload, settings.seconds * 3, settings.concurrency)
  return { calls, ...(await subject.child.ask<Allocated>('allocationsTo')) }
}

function summary(name: string, { calls, profile, collections, collectionMs }: Taken): string {
  const bytes = [...nodesOf(profile.head)].reduce((sum, { selfSize }) => sum + selfSize, 0)
  return `${name}: ${(bytes / calls).toFixed(0)} bytes a call; ${((1_000 * collections) / calls).toFixed(2)} collections of ${(collectionMs / Math.max(1, collections)).toFixed(2)} ms in 1000 calls; ${calls} calls`
}

function bySelf({ profile, calls }: Taken, shown: number): string {
  const sums = new Map<string, number>()
  for (const { callFrame, selfSize } of nodesOf(profile.head)) {
    const name = nameOf(callFrame)
    sums.set(name, (sums.get(name) ?? 0) + selfSize)
  }
  return table(sums, calls, shown)
}

/** A function that is called from itself counts once. */
function byTree({ profile, calls }: Taken, shown: number): string {
  const sums = new Map<string, number>()
  const fold = (node: Node, above: ReadonlySet<string>): number => {
    const name = nameOf(node.callFrame)
    const within = new Set(above).add(name)
    let bytes = node.selfSize
    for (const child of node.children) bytes += fold(child, within)
    if (!above.has(name)) sums.set(name, (sums.get(name) ?? 0) + bytes)
    return bytes
  }
  fold(profile.head, new Set())
  return table(sums, calls, shown)
}

function table(sums: ReadonlyMap<string, number>, calls: number, shown: number): string {
  return [...sums]
    .sort(([, left], [, right]) => right - left)
    .slice(0, shown)
    .map(([name, bytes]) => `${(bytes / calls).toFixed(0).padStart(9)}  ${name}`)
    .join('\n')
}

function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const child of node.children) yield* nodesOf(child)
}
