import { describe, expect, it } from 'vitest'
import { DEFAULT_HANDLING } from '../execution/failure-handling.ts'
import { handlingOf } from './handling-of.ts'

const on = new Set(['timeout'] as const)
const of = handlingOf(
  new Map([
    ['plain', { retry: null, fallbackPolicy: null, onInvalidOutput: null, hedge: null, timeouts: null }],
    [
      'own',
      {
        retry: { attempts: 0, backoffMs: 5 },
        fallbackPolicy: { on, allowDowngrade: true },
        onInvalidOutput: null,
        hedge: { afterMs: 9 },
        timeouts: { idleMs: 7 },
      },
    ],
    [
      'strict',
      {
        retry: null,
        fallbackPolicy: { on, allowDowngrade: false },
        onInvalidOutput: { retries: 3, escalateTo: null },
        hedge: null,
        timeouts: null,
      },
    ],
  ]),
)

describe('what is done about the failures of a call', () => {
  it('is what its task says, and what is usual where it says nothing', () => {
    expect(of('own', 'read_only')).toEqual({
      on,
      allowDowngrade: true,
      retry: { attempts: 0, backoffMs: 5, invalidOutput: 1 },
      hedge: { afterMs: 9 },
      timeouts: { idleMs: 7 },
    })
    expect(of('strict', 'read_only')).toMatchObject({
      allowDowngrade: false,
      retry: { ...DEFAULT_HANDLING.retry, invalidOutput: 3 },
    })
    for (const task of ['plain', 'a label', null]) expect(of(task, 'read_only')).toEqual(DEFAULT_HANDLING)
  })

  it.each(['write', 'admin'] as const)('is never a downgrade or a hedge for a call of risk %s', (risk) => {
    for (const task of ['own', 'plain', 'a label', null]) expect(of(task, risk).allowDowngrade).toBe(false)
    expect(of('own', risk)).toMatchObject({ on, retry: { attempts: 0 }, hedge: null })
  })
})
