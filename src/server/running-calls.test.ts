import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { RunningCalls } from './running-calls.ts'

const request = {} as IncomingMessage
const response = { headersSent: false } as ServerResponse
const begin = (calls: RunningCalls) => calls.begin(request, response)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a running call that fails', () => {
  const headersOf = () => ({ 'content-type': 'text/event-stream' })

  it('brings its error in its stream when the head of one was sent, and has no head sent after it', () => {
    const sent = { headersSent: false } as ServerResponse
    const call = new RunningCalls().begin(request, sent)
    call.awaits({}, headersOf)
    expect(call.earlyHeaders()).toEqual(headersOf())
    Object.assign(sent, { headersSent: true })
    expect(call.fails()).toBe(true)
    const other = begin(new RunningCalls())
    other.awaits({}, headersOf)
    expect([other.fails(), other.earlyHeaders()]).toEqual([false, null])
  })

  it('has no stream when what was sent is that its job was accepted', () => {
    const call = new RunningCalls().begin(request, { headersSent: true } as ServerResponse)
    expect(call.fails()).toBe(false)
  })
})

describe('running calls', () => {
  it('are waited for until the last has ended, and no timer is left', async () => {
    const calls = new RunningCalls()
    const [one, two] = [begin(calls), begin(calls)]
    const idle = calls.idle(1_000)
    calls.end(one)
    await vi.advanceTimersByTimeAsync(999)
    calls.end(two)
    expect(await idle).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
    expect(await calls.idle(0)).toBe(true)
  })

  it('are waited for no longer than asked', async () => {
    const calls = new RunningCalls()
    begin(calls)
    const idle = calls.idle(1_000)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await idle).toBe(false)
  })

  it('are told why they are cut', () => {
    const calls = new RunningCalls()
    const [one, ended] = [begin(calls), begin(calls)]
    calls.end(ended)
    const why = new GatewayError('no_deployment_available', 'It stops.')
    calls.cut(why)
    expect(one.signal.reason).toBe(why)
    expect(ended.signal.aborted).toBe(false)
  })
})
