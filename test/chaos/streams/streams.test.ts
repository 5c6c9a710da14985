import { expect, it } from 'vitest'
import { problemLines, tableLines } from './report.ts'
import { runStreams } from './streams.ts'

/*
 * A slice of `npm run chaos -- streams`: some thousand streams, over every pair of formats, through a process and through the library.
 */

const STREAMS = 2_000

it('shows no cut answer as whole, no whole one as cut, and holds nothing afterwards', {
  timeout: 600_000,
}, async () => {
  const seed = Math.floor(Math.random() * 1e9)
  const report = await runStreams({ seed, streams: STREAMS, inFlight: 64, waitsUntil: 300 })
  const end = `${report.judged.length} streams in ${Math.round(report.seconds)} s, seed ${seed}`
  console.log([...tableLines(report), end].join('\n'))
  expect(problemLines(report, seed).join('\n')).toBe('')
  // Evidence only where all of it happened.
  const endings = Map.groupBy(report.judged, ({ ending }) => ending)
  const share = (ending: 'whole' | 'cut' | 'left' | 'refused') => (endings.get(ending)?.length ?? 0) / STREAMS
  expect(share('whole')).toBeGreaterThan(0.3)
  for (const ending of ['cut', 'left', 'refused'] as const) expect(share(ending)).toBeGreaterThan(0.05)
  expect(endings.get('partial')?.length).toBeGreaterThan(10)
})
