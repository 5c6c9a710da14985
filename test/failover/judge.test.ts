import { describe, expect, it } from 'vitest'
import { FAULTS } from './faults.ts'
import { judge } from './judge.ts'
import type { CallSeen, FaultSeen } from './seen.ts'

/* The rules themselves: a referee that calls everything a pass is no evidence. */

const answered: CallSeen = { outcome: 'success', text: 'x', model: 'fb-ok', usage: true, error: null, ms: 900 }
const refused: CallSeen = { ...answered, outcome: 'error', text: '', model: null, usage: false, error: 'no' }
const attempt = (atMs: number) => ({ role: 'primary' as const, atMs, status: 200, outcome: 'completed' })

const good: FaultSeen = {
  call: answered,
  whole: true,
  primary: [attempt(0), attempt(2_000)],
  fallback: [attempt(2_100)],
  prefillRefusals: 0,
  alive: true,
  fallbackModel: 'fb-ok',
  steps: [],
  wellAtMs: 60_000,
  usedAgainAtMs: 70_000,
}

function verdictOf(id: string, change: Partial<FaultSeen>): string {
  const fault = FAULTS.find((one) => one.id === id)
  if (!fault) throw new Error(`there is no ${id}`)
  return judge(fault, { ...good, ...change }).verdict
}

describe('the referee', () => {
  it('has sixteen faults, each with rules', () => {
    expect(FAULTS.map(({ id }) => id)).toEqual(
      Array.from({ length: 16 }, (_, at) => `S${String(at + 1).padStart(2, '0')}`),
    )
    for (const { checks } of FAULTS) expect(checks.length).toBeGreaterThan(0)
  })

  it.each(['S08', 'S09', 'S10', 'S14'])('fails half an answer that looks whole, %s', (id) => {
    expect(verdictOf(id, { whole: false })).toBe('fail')
  })

  it('calls a clean error safe, and a hang a failure', () => {
    expect(verdictOf('S08', { call: refused, whole: false })).toBe('safe')
    expect(verdictOf('S08', { call: { ...refused, outcome: 'hang' }, whole: false })).toBe('fail')
  })

  it('passes only the error where a refusal is to be told', () => {
    const once = { primary: [attempt(0)], fallback: [] }
    expect(verdictOf('S13', { ...once, call: refused, whole: false })).toBe('pass')
    expect(verdictOf('S13', once)).toBe('partial')
    expect(verdictOf('S13', { call: refused, whole: false })).toBe('fail')
  })

  it('sees hammering, a silent route asked twice, and a prompt that does not fit sent twice', () => {
    const hammering = [0, 100, 200, 300, 400].map(attempt)
    expect(verdictOf('S02', { primary: hammering })).toBe('fail')
    expect(verdictOf('S01', { primary: hammering })).toBe('fail')
    expect(verdictOf('S01', { primary: [attempt(0), attempt(500)] })).toBe('partial')
    expect(verdictOf('S06', {})).toBe('partial')
    expect(verdictOf('S12', {})).toBe('fail')
  })

  it('wants the model that served, and the primary back', () => {
    expect(verdictOf('S16', { call: { ...answered, model: 'fb-s16-503-persistent' } })).toBe('fail')
    const steps = [{ atMs: 0, seen: answered }]
    expect(verdictOf('S15', { steps })).toBe('pass')
    expect(verdictOf('S15', { steps, usedAgainAtMs: null })).toBe('fail')
    expect(verdictOf('S15', { steps: [{ atMs: 0, seen: refused }] })).toBe('fail')
  })
})
