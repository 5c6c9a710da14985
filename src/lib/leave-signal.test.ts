import { describe, expect, it, vi } from 'vitest'
import { abortSignalOf, Leave } from './leave-signal.ts'

describe('somebody who leaves', () => {
  it('is told of once to all who listen then, and to nobody who has stopped or comes late', () => {
    const leave = new Leave()
    const heard: string[] = []
    const [one, two, three] = ['one', 'two', 'three'].map((name) => () => void heard.push(name))
    if (!one || !two || !three) throw new Error('three listeners')
    leave.signal.addEventListener('abort', one)
    leave.signal.removeEventListener('abort', two)
    leave.signal.addEventListener('abort', two)
    leave.signal.removeEventListener('abort', one)
    leave.signal.addEventListener('abort', { handleEvent: three })
    leave.abort('why')
    leave.abort('again')
    leave.signal.addEventListener('abort', one)
    expect(heard).toEqual(['two', 'three'])
    expect(leave.signal).toMatchObject({ aborted: true, reason: 'why' })
  })

  it('without a word left as an AbortSignal says it', () => {
    const [leave, controller] = [new Leave(), new AbortController()]
    expect(leave.reason).toBeUndefined()
    leave.abort()
    controller.abort()
    expect(leave.reason).toEqual(controller.signal.reason)
    expect(leave.reason).toBe(leave.reason)
  })

  it('is not told of to those who stop listening while others are told', () => {
    const leave = new Leave()
    const heard = vi.fn()
    leave.addEventListener('abort', () => leave.removeEventListener('abort', heard))
    leave.addEventListener('abort', heard)
    leave.abort()
    expect(heard).not.toHaveBeenCalled()
  })

  it('can be heard through a signal of the platform, before and after', () => {
    const leave = new Leave()
    const before = abortSignalOf(leave)
    expect(before.aborted).toBe(false)
    leave.abort('why')
    const after = abortSignalOf(leave)
    expect([before.aborted, before.reason, after.aborted, after.reason]).toEqual([true, 'why', true, 'why'])
    const own = new AbortController().signal
    expect(abortSignalOf(own)).toBe(own)
  })
})
