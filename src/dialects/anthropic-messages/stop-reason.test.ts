import { describe, expect, it } from 'vitest'
import type { FinishReason } from '../../canonical/response.ts'
import { decodeFinish, encodeFinish } from './stop-reason.ts'

const PAIRS: Readonly<Record<Exclude<FinishReason, 'other'>, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  pause: 'pause_turn',
  'context-length': 'model_context_window_exceeded',
  incomplete: 'error',
}

describe('stop reasons', () => {
  it.each(Object.entries(PAIRS) as [FinishReason, string][])('%s is %s, both ways', (finishReason, word) => {
    expect(decodeFinish(word, null)).toEqual({ finishReason })
    expect(encodeFinish({ finishReason }, false)).toEqual({ stop_reason: word, stop_sequence: null })
  })

  it('passes a word it does not know', () => {
    for (const word of ['made_up', 'toString', '__proto__']) {
      const finish = decodeFinish(word, null)
      expect(finish).toEqual({ finishReason: 'other', rawFinishReason: word })
      expect(encodeFinish(finish, false).stop_reason).toBe(word)
    }
    expect(decodeFinish(null, null)).toEqual({ finishReason: 'other' })
    expect(encodeFinish({ finishReason: 'other' }, false).stop_reason).toBe('end_turn')
  })

  it('keeps the stop text', () => {
    const finish = decodeFinish('stop_sequence', 'END')
    expect(finish.stopSequence).toBe('END')
    expect(encodeFinish(finish, false).stop_sequence).toBe('END')
  })

  it('calls a refusal one, unless something else cut it short', () => {
    expect(encodeFinish({ finishReason: 'stop' }, true).stop_reason).toBe('refusal')
    expect(encodeFinish({ finishReason: 'length' }, true).stop_reason).toBe('max_tokens')
  })
})
