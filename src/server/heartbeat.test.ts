import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type SilentReply, startHeartbeat } from './heartbeat.ts'

const EVERY_MS = 15_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A reply of which nothing is written but by the heart. */
function silent({ headers = { 'content-type': 'text/event-stream' }, knowsComments = true } = {}) {
  const written: string[] = []
  const response = {
    headersSent: false,
    writableEnded: false,
    destroyed: false,
    writableLength: 0,
    writeHead(status: number) {
      response.headersSent = true
      written.push(String(status))
    },
    write: (text: string) => written.push(text),
  }
  const reply = {
    response: response as unknown as SilentReply['response'],
    silentBeats: 0,
    contentType: null as string | null,
    lastPiece: null as string | Buffer | null,
    knowsComments,
    earlyHeaders: (): SilentReply['earlyHeaders'] extends () => infer Headers ? Headers : never => headers,
  }
  return { reply, response, written }
}

it('sends the head and a comment within one period, and a comment in each one after it', () => {
  const { reply, written } = silent()
  const heartbeat = startHeartbeat(EVERY_MS, () => [reply])
  vi.advanceTimersByTime((EVERY_MS * 3) / 4)
  expect(written).toEqual([])
  vi.advanceTimersByTime(EVERY_MS / 4)
  expect(written).toEqual(['200', ': ping\n'])
  vi.advanceTimersByTime(2 * EVERY_MS)
  expect(written).toEqual(['200', ': ping\n', ': ping\n', ': ping\n'])
  heartbeat.stop()
  expect(vi.getTimerCount()).toBe(0)
})

it('says nothing while something else is written', () => {
  const { reply, written } = silent()
  startHeartbeat(EVERY_MS, () => [reply])
  for (let piece = 0; piece < 20; piece += 1) {
    vi.advanceTimersByTime(EVERY_MS / 2)
    reply.silentBeats = 0
  }
  expect(written).toEqual([])
})

it.each(['data: {"half', 'data: {}\n', Buffer.from('data: {}\r\n'), '\n'])('never writes after %j', (lastPiece) => {
  const { reply, written } = silent()
  Object.assign(reply, { lastPiece })
  startHeartbeat(EVERY_MS, () => [reply])
  vi.advanceTimersByTime(5 * EVERY_MS)
  expect(written).toEqual(['200'])
  for (const end of ['\n\n', '\r\r', '\r\n\r\n']) {
    written.length = 0
    reply.lastPiece = Buffer.from(`data: {}${end}`)
    vi.advanceTimersByTime(EVERY_MS)
    expect(written).toEqual([': ping\n'])
  }
})

it('gives who knows no comments a blank event, with the line ends of the stream', () => {
  const { reply, written } = silent({ knowsComments: false })
  startHeartbeat(EVERY_MS, () => [reply])
  vi.advanceTimersByTime(EVERY_MS)
  reply.lastPiece = 'data: {}\r\n\r\n'
  vi.advanceTimersByTime(EVERY_MS)
  expect(written).toEqual(['200', '\n\n', '\r\n\r\n'])
})

it('does not pile up on a reader who takes nothing, nor write to one who is gone or has all', () => {
  for (const state of [{ writableLength: 1 }, { destroyed: true }, { writableEnded: true }]) {
    const { reply, response, written } = silent()
    Object.assign(response, state)
    startHeartbeat(EVERY_MS, () => [reply])
    vi.advanceTimersByTime(10 * EVERY_MS)
    expect(written).toEqual([])
  }
})

it('writes nothing into what is no stream, and sends no head that nobody has', () => {
  const typed = silent({ headers: { 'content-type': 'text/csv' } })
  const none = silent()
  none.reply.earlyHeaders = () => null
  startHeartbeat(EVERY_MS, () => [typed.reply, none.reply])
  vi.advanceTimersByTime(3 * EVERY_MS)
  expect([typed.written, none.written]).toEqual([['200'], []])
})

it('goes on for the others when a head cannot be written', () => {
  const odd = silent()
  odd.response.writeHead = () => {
    throw new TypeError('Invalid character in header content')
  }
  const good = silent()
  startHeartbeat(EVERY_MS, () => [odd.reply, good.reply])
  vi.advanceTimersByTime(EVERY_MS)
  expect([odd.written, good.written]).toEqual([[], ['200', ': ping\n']])
})
