import type { Profiler } from 'node:inspector'
import type { Bench, Subject } from './bench.ts'
import { nameOf, workloadNamed } from './profile.ts'
import type { Settings } from './settings.ts'

/*
 * Which functions run for a call, and how often. What a call costs is mostly what it touches (docs/architecture/speed.md), so this says what a change
 * was worth where a clock would not: on a busy machine, or where each of fifty changes is a microsecond.
 */

const SHOWN = 200

/** Calls a second: few enough for a process that counts every function, many enough for settlements to gather. */
const PACE = 1_000

/** A function that runs for fewer calls than this share is not of the call. */
const RARE = 0.02

interface Ran {
  readonly name: string
  readonly part: string
  /** Runs a call. */
  readonly often: number
  /** Characters of its source. */
  readonly length: number
}

/** A table by part and one by function, of the bare pass-through and of the gateway. A function that runs for every tenth call counts for a tenth of its source. */
export async function functions(bench: Bench, settings: Settings, workload: string): Promise<string> {
  const bare = await ran(bench, bench.bare, settings, workload)
  const gateway = await ran(bench, bench.gateway, settings, workload)
  const besides = new Map(bare.map(({ name, often }) => [name, often]))
  const lines = gateway
    .map(({ name, often, length }) => ({ name, often, length, more: often - (besides.get(name) ?? 0) }))
    .sort((left, right) => right.more - left.more)
    .slice(0, SHOWN)
    .map(({ name, often, length, more }) => row([more.toFixed(1), often.toFixed(1), String(length)], name))
  return [
    parts('bare', bare),
    parts('gateway', gateway),
    [
      row(['more', 'runs', 'source'], 'function of the gateway, by how much more often it runs than in bare'),
      ...lines,
    ].join('\n'),
  ].join('\n\n')
}

async function ran(bench: Bench, subject: Subject, { concurrency, seconds }: Settings, name: string): Promise<Ran[]> {
  const workload = workloadNamed(name)
  await bench.send(subject, workload, seconds, concurrency)
  await subject.child.ask('functionsFrom')
  const { calls } = await bench.send(subject, workload, seconds * 2, concurrency, PACE)
  const scripts = await subject.child.ask<readonly Profiler.ScriptCoverage[]>('functionsTo')
  return scripts.flatMap(({ url, scriptId, functions: all }) =>
    all.flatMap(({ functionName, ranges: [whole] }) => {
      if (!whole || whole.count < calls * RARE) return []
      const { startOffset, endOffset, count } = whole
      const place = { functionName, scriptId, url, lineNumber: -1, columnNumber: 0 }
      return [
        {
          name: `${nameOf(place)}@${startOffset}`,
          part: partOf(nameOf(place)),
          often: count / calls,
          length: endOffset - startOffset,
        },
      ]
    }),
  )
}

/** Where a function belongs: a folder of ours, a library, or Node. */
function partOf(name: string): string {
  return /(src\/[^/]+|bench)\//.exec(name)?.[1] ?? /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? 'node'
}

function parts(name: string, all: readonly Ran[]): string {
  const sums = new Map<string, { many: number; often: number; length: number }>()
  for (const { part, often, length } of all) {
    for (const key of ['all', part]) {
      const sum = sums.get(key) ?? { many: 0, often: 0, length: 0 }
      sums.set(key, { many: sum.many + 1, often: sum.often + often, length: sum.length + length * Math.min(1, often) })
    }
  }
  const lines = [...sums]
    .sort(([, left], [, right]) => right.often - left.often)
    .map(([part, { many, often, length }]) => row([String(many), often.toFixed(0), length.toFixed(0)], part))
  return [row(['functions', 'runs', 'source'], name), ...lines].join('\n')
}

function row(figures: readonly string[], name: string): string {
  return `${figures.map((figure) => figure.padStart(10)).join('')}  ${name}`
}
