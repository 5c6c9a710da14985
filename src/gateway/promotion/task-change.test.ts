import { describe, expect, it } from 'vitest'
import { promoted, sentBack } from './task-change.ts'

const TASK = {
  default: 'large',
  fallback: ['medium', 'small'],
  max_latency_ms: 900,
  canary: { use: 'small', weight: 0.1 },
  shadow: { use: 'other', share: 0.1, daily_usd_limit: 1 },
  promote: { action: 'publish', min_cases: 50 },
}

describe('a task', () => {
  it('has the promoted model as its default, the one before as the first fallback, and no trial of what is the default', () => {
    expect(promoted(TASK, 'small', 'valid')).toEqual({
      ...{ default: 'small', fallback: ['large', 'medium'], max_latency_ms: 900, shadow: TASK.shadow },
      promote: { action: 'publish', min_cases: 50, instead_of: 'large' },
    })
    expect(promoted({ default: 'large', fallback: 'medium', promote: {} }, 'x', 'valid').fallback).toEqual([
      'large',
      'medium',
    ])
  })

  it('turns copies round where they are compared, and makes no more of them where they are not', () => {
    const shadow = { use: 'small', share: 0.1, daily_usd_limit: 1 }
    expect(promoted({ ...TASK, shadow }, 'small', 'judge').shadow).toEqual({ ...shadow, use: 'large' })
    expect(promoted({ ...TASK, shadow }, 'small', 'feedback').shadow).toBeUndefined()
  })

  it('is as it was when its model goes back, but for the trial of it', () => {
    const { canary: _, ...without } = TASK
    const moved = promoted(TASK, 'small', 'valid')
    expect(sentBack(moved, TASK)).toEqual(without)
    const shadow = { use: 'small', share: 0.1, daily_usd_limit: 1 }
    expect(sentBack(promoted({ ...TASK, shadow }, 'small', 'judge'), { ...TASK, shadow }).shadow).toBeUndefined()
  })

  it('keeps what somebody changed since', () => {
    const moved = { ...promoted(TASK, 'small', 'valid'), fallback: ['large', 'new'], max_latency_ms: 800 }
    expect(sentBack(moved, null)).toMatchObject({ default: 'large', fallback: ['new'], max_latency_ms: 800 })
  })
})
