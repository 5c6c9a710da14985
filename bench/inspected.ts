import type { HeapProfiler, Profiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { PerformanceObserver } from 'node:perf_hooks'
import type { Questions } from './answer-parent.ts'

/** What a process allocated and collected between `allocationsFrom` and `allocationsTo`. */
export interface Allocated {
  readonly profile: HeapProfiler.SamplingHeapProfile
  readonly collections: number
  readonly collectionMs: number
}

/** One sample for so many bytes: small enough for a function that takes a hundred bytes a call. */
const SAMPLED_BYTES = 4_096

/** Lets a process of the bench be profiled by the one that started it: its time, which functions it runs, and what it allocates. */
export function inspected(): Questions {
  const session = new Session()
  let collections = 0
  let collectionMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections += 1
      collectionMs += duration
    }
  })
  return {
    async profileFrom() {
      session.connect()
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: 200 })
      await session.post('Profiler.start')
    },
    async profileTo() {
      const { profile } = await session.post('Profiler.stop')
      session.disconnect()
      return profile
    },
    async functionsFrom() {
      session.connect()
      await session.post('Profiler.enable')
      await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
      await session.post('Profiler.takePreciseCoverage')
    },
    async functionsTo(): Promise<readonly Profiler.ScriptCoverage[]> {
      const { result } = await session.post('Profiler.takePreciseCoverage')
      await session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
      return result
    },
    async allocationsFrom() {
      session.connect()
      observer.observe({ entryTypes: ['gc'] })
      await session.post('HeapProfiler.startSampling', {
        samplingInterval: SAMPLED_BYTES,
        // What was thrown away counts as well: it had to be made, and swept up.
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      })
    },
    async allocationsTo(): Promise<Allocated> {
      const { profile } = await session.post('HeapProfiler.stopSampling')
      observer.disconnect()
      session.disconnect()
      return { profile, collections, collectionMs }
    },
  }
}
