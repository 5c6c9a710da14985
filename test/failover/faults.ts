/*
 * The sixteen faults of the Failover Bench (https://github.com/failoverbench/failoverbench, methodology 0.1), written anew from its published
 * description: what the provider does, and by which rules a gateway in front of it is judged. What the provider does in detail is in
 * src/testing/failover-bench.ts, under the same model names.
 */
import {
  advisory,
  alive,
  attempts,
  type Check,
  ends,
  namesWhatServed,
  neverHalf,
  noHammering,
  noPrefillMask,
  saysUsage,
  servedWhileDown,
  usedAgainWithin,
  waitsBeforeRetry,
  wholeAnswer,
  within,
} from './checks.ts'

/** One fault. */
export interface BenchFault {
  readonly id: string
  /** What the provider does. */
  readonly title: string
  /** The primary's model, whose name makes the wall do it. */
  readonly model: string
  readonly fallbackModel: string
  /** What the caller is owed; a refusal by a content filter is to be told and not routed round. */
  readonly owed: 'answer' | 'error'
  /** A call that takes longer hangs. */
  readonly mostMs: number
  /** Many calls over the time in which the primary is down and well again. */
  readonly sequence?: true
  readonly checks: readonly Check[]
}

const ANY = Number.POSITIVE_INFINITY

function fault(id: string, title: string, model: string, mostSeconds: number, checks: readonly Check[]): BenchFault {
  return { id, title, model, fallbackModel: 'fb-ok', owed: 'answer', mostMs: mostSeconds * 1000, checks }
}

export const FAULTS: readonly BenchFault[] = [
  fault('S01', '429 once, retry after 2 s', 'fb-s01-429-retry-after', 20, [
    advisory(attempts(2, ANY)),
    advisory(waitsBeforeRetry(1_800)),
    noHammering(1_500, 2),
  ]),
  fault('S02', '429 for ever, says no time', 'fb-s02-429-persistent', 40, [
    noHammering(3_000, 4),
    attempts(0, 6),
    ends,
  ]),
  fault('S03', '500 once', 'fb-s03-500-then-200', 20, [ends, advisory(attempts(2, ANY))]),
  fault('S04', '503 for ever', 'fb-s04-503-persistent', 40, [attempts(0, 6), ends]),
  fault('S05', 'connection reset before any byte, once', 'fb-s05-reset', 20, [ends]),
  fault('S06', 'no reply at all', 'fb-s06-no-response', 130, [within(100_000), ends, advisory(attempts(0, 1))]),
  fault('S07', 'headers at once, first token after 20 s', 'fb-s07-slow-ttft', 60, [ends, advisory(within(15_000))]),
  fault('S08', 'connection lost after 40 of 60 tokens', 'fb-s08-stream-cut', 40, [neverHalf, ends]),
  fault('S09', 'silence for 30 s after 20 of 60 tokens', 'fb-s09-stream-stall', 70, [
    within(45_000),
    neverHalf,
    alive,
    ends,
  ]),
  fault('S10', 'the tenth event is broken JSON', 'fb-s10-malformed-chunk', 30, [
    alive,
    neverHalf,
    ends,
    advisory(wholeAnswer),
  ]),
  fault('S11', 'a whole stream without [DONE]', 'fb-s11-no-done', 30, [within(8_000), advisory(saysUsage)]),
  fault('S12', '400 context_length_exceeded', 'fb-s12-context-length', 20, [attempts(1, 1), ends]),
  {
    ...fault('S13', '400 content_policy_violation', 'fb-s13-content-filter', 20, [attempts(1, 1), ends]),
    owed: 'error',
  },
  {
    ...fault('S14', 'lost after 40 tokens; the fallback takes no prefill', 'fb-s14-stream-cut', 40, [
      noPrefillMask,
      neverHalf,
    ]),
    fallbackModel: 'fb-ok-noprefill',
  },
  {
    ...fault('S15', '503 for a minute, then well; a call every 4 s', 'fb-s15-flap', 30, [
      ends,
      servedWhileDown,
      usedAgainWithin(30_000),
    ]),
    sequence: true,
  },
  fault('S16', '503 for ever: who is said to have served', 'fb-s16-503-persistent', 40, [
    namesWhatServed,
    advisory(saysUsage),
    attempts(0, 6),
  ]),
]
