import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { CallLog, RunningCall } from './call-log.ts'
import type { Reply } from './planned-reply.ts'
import type { Step } from './step.ts'
import type { WallCall } from './wall-call.ts'

/** What playing needs besides the reply. */
export interface Stage {
  readonly response: ServerResponse
  readonly call: RunningCall
  readonly log: CallLog
  readonly now: () => number
  /** Write in pieces of so many bytes; undefined is whole. */
  readonly sliceBytes: number | undefined
  /** Bill the whole answer even when the peer leaves. */
  readonly billsAfterAbort: boolean
  /** Told of the bytes of the body, just before they leave. */
  readonly onWrite?: ((call: WallCall, bytes: Buffer) => void) | undefined
}

/** Longest timer that Node keeps; a pause without an end is that long, and ends when the peer leaves. */
const LONGEST_MS = 2_147_483_647

/** Does to the connection what the reply says, as fast as the peer reads. Resolves when there is nothing more to do. */
export async function play(reply: Reply, stage: Stage): Promise<void> {
  const { response, call, log } = stage
  const gone = new AbortController()
  response.once('close', () => {
    if (call.outcome === 'open') leave(reply, stage)
    gone.abort()
  })
  call.responseId = reply.responseId

  for (const [index, step] of reply.steps.entries()) {
    if (gone.signal.aborted) return
    switch (step.do) {
      case 'head':
        writeHead(step, stage)
        break
      case 'write':
        await write(step, reply, stage, gone.signal, reply.steps[index + 1]?.do === 'end')
        break
      case 'wait':
        await wait(step, stage, gone.signal)
        break
      case 'settle':
        if (step.outcome === 'completed') {
          call.usage = reply.usage
          call.billed = reply.billed
        } else if (step.outcome === 'error') call.billed = reply.billed
        log.settle(call, step.outcome, stage.now())
        break
      case 'end':
        if (!response.writableEnded) response.end()
        break
      case 'garbage':
        response.socket?.write('220 wall.example ESMTP\r\n')
        break
      case 'break':
        await flushed(response, gone.signal)
        if (step.how === 'reset') response.socket?.resetAndDestroy()
        else response.socket?.destroy()
        return
    }
  }
}

function leave(reply: Reply, { call, log, now, billsAfterAbort }: Stage): void {
  call.abortedAtEvent = call.contentEvents
  if (billsAfterAbort) call.billed = reply.billed
  log.settle(call, 'aborted', now())
}

function writeHead(step: Extract<Step, { do: 'head' }>, { response, call, now }: Stage): void {
  response.writeHead(step.status, { ...step.headers })
  response.flushHeaders()
  call.status = step.status
  call.firstByteAt = now()
}

async function write(
  step: Extract<Step, { do: 'write' }>,
  reply: Reply,
  stage: Stage,
  signal: AbortSignal,
  isLast: boolean,
): Promise<void> {
  const { call, log } = stage
  // Counted before the bytes leave: whoever has them must find them counted.
  call.events += step.events
  call.contentEvents += step.contentEvents
  if (step.tokens > 0 && call.outcome === 'open')
    call.billed = {
      inputTokens: reply.promptTokens,
      outputTokens: Math.min(call.billed.outputTokens + step.tokens, reply.billed.outputTokens),
    }
  const size = stage.sliceBytes ?? step.bytes.length
  for (let at = 0; at < step.bytes.length; at += size) {
    if (signal.aborted) return
    const isLastSlice = at + size >= step.bytes.length
    await writeSlice(step.bytes.subarray(at, at + size), stage, signal, isLast && isLastSlice)
    // The next slice waits for the event loop, so that the system gets each on its own.
    if (!isLastSlice) await new Promise(setImmediate)
  }
  log.changed()
}

async function writeSlice(
  bytes: Buffer,
  { response, call, onWrite }: Stage,
  signal: AbortSignal,
  isLast: boolean,
): Promise<void> {
  onWrite?.(call, bytes)
  call.bytesWritten += bytes.length
  if (isLast) {
    response.end(bytes)
    return
  }
  const flows = response.write(bytes)
  call.mostBufferedBytes = Math.max(call.mostBufferedBytes, response.writableLength)
  if (flows || signal.aborted) return
  call.drains++
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** Resolves when all that was written is with the system: what came before a break is to arrive. */
async function flushed({ socket }: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!socket || socket.destroyed) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    socket.write('', () => resolve())
  })
}

async function wait(step: Extract<Step, { do: 'wait' }>, { response }: Stage, signal: AbortSignal): Promise<void> {
  const comments =
    step.commentEveryMs && setInterval(() => response.write(': wall is thinking\n\n'), step.commentEveryMs)
  try {
    await pause(Math.min(step.ms, LONGEST_MS), undefined, { signal })
  } catch {
    // The peer left; the caller looks at the signal.
  } finally {
    if (comments) clearInterval(comments)
  }
}
