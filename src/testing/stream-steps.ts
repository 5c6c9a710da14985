/*
 * From a good stream and a list of faults to what is done to the connection. Pure: everything about time and sockets is in
 * `play.ts`. Faults with a place (`after`) take effect right before the first event that comes after that place; once one of
 * them ends the stream, nothing follows.
 */
import type { JsonObject } from '../lib/json.ts'
import { type After, type Fault, findFault } from './fault.ts'
import type { Frame, WallWire } from './frame.ts'
import type { Plan } from './plan.ts'
import { commentText, type Framing, frameText } from './sse-text.ts'
import { plainWrite, type Step } from './step.ts'

type PlacedFault = Extract<Fault, { after: After }>

/** The steps of a streamed reply, after its headers. `empty` is the format's event that says nothing. */
export function streamSteps(
  frames: readonly Frame[],
  plan: Plan,
  faults: readonly Fault[],
  wire: WallWire,
  empty?: Frame,
): readonly Step[] {
  const framing: Framing = findFault(faults, 'framing') ?? {}
  // Comments are of server-sent events alone.
  const comments = wire.bytesOf ? undefined : findFault(faults, 'comments')
  const ending = findFault(faults, 'no-done-hang') ?? findFault(faults, 'no-done')
  const kept = ending ? frames.filter((frame) => frame.kind !== 'done') : frames
  let waiting = faults.filter((fault): fault is PlacedFault => 'after' in fault)
  const steps: Step[] = []
  const event = (frame: Frame): Step => ({
    do: 'write',
    bytes: wire.bytesOf?.(frame) ?? Buffer.from(frameText(frame, framing)),
    events: 1,
    contentEvents: frame.kind === 'content' ? 1 : 0,
    tokens: frame.tokens,
  })

  const quiet = findFault(faults, 'empty-events')
  const nothing = quiet && empty ? event(empty) : null
  if (framing.byteOrderMark) steps.push(plainWrite(Buffer.from('\ufeff')))
  let content = 0
  for (const [index, frame] of kept.entries()) {
    for (const fault of waiting.filter((one) => isDue(one.after, content, frame, index))) {
      waiting = waiting.filter((other) => other !== fault)
      steps.push(...placedSteps(fault, wire, event, plan))
      if (fault.kind !== 'malformed') return steps
    }
    if (nothing && frame.kind === 'content' && content % (quiet?.every ?? 2) === 0) steps.push(nothing)
    if (frame.kind === 'content') pauseBefore(steps, plan, content++)
    if (comments) steps.push(plainWrite(Buffer.from(commentText(comments.text ?? 'OPENROUTER PROCESSING', framing))))
    if (index === kept.length - 1) steps.push({ do: 'settle', outcome: 'completed' })
    steps.push(event(frame))
  }
  steps.push(...(ending?.kind === 'no-done-hang' ? silence(plan, Number.POSITIVE_INFINITY) : []), { do: 'end' })
  return steps
}

function isDue(after: After, content: number, frame: Frame, index: number): boolean {
  if (after === 'headers') return index === 0
  // A stream opens before its first content: "after 0" is behind what opens it, not in front.
  return content >= after && (content > 0 || frame.kind === 'content' || frame.kind === 'close')
}

/** What a fault does at its place. All but `malformed` end the reply. */
function placedSteps(fault: PlacedFault, wire: WallWire, event: (frame: Frame) => Step, plan: Plan): readonly Step[] {
  switch (fault.kind) {
    case 'malformed':
      return [event({ kind: 'open', data: '{"choices":[{"delta":{"content":"broken', tokens: 0 })]
    case 'error-event': {
      const frame = wire.errorFrame((fault.error as JsonObject | undefined) ?? overloaded(wire))
      return [{ do: 'settle', outcome: 'error' }, event(frame), { do: 'end' }]
    }
    case 'error-tail': {
      const error = { error: { code: 503, message: 'The wall is overloaded.', status: 'UNAVAILABLE' } }
      return [{ do: 'settle', outcome: 'error' }, plainWrite(Buffer.from(JSON.stringify(error))), { do: 'end' }]
    }
    case 'eof':
      return [{ do: 'settle', outcome: 'cut' }, { do: 'end' }]
    case 'cut':
      return [
        { do: 'settle', outcome: 'cut' },
        { do: 'break', how: fault.how ?? 'close' },
      ]
    case 'stall':
      return [
        ...silence(plan, fault.forMs ?? Number.POSITIVE_INFINITY),
        { do: 'settle', outcome: 'cut' },
        { do: 'break', how: 'close' },
      ]
  }
}

/** The same steps, broken off at a byte. */
export function cutAt(
  steps: readonly Step[],
  { percent, how = 'close' }: Extract<Fault, { kind: 'cut-at' }>,
): readonly Step[] {
  const total = steps.reduce((sum, step) => sum + (step.do === 'write' ? step.bytes.length : 0), 0)
  let left = Math.floor((total * percent) / 100)
  const kept: Step[] = []
  for (const step of steps) {
    if (step.do === 'end' || step.do === 'break') break
    if (step.do === 'write') {
      if (step.bytes.length > left) {
        if (left > 0) kept.push(plainWrite(step.bytes.subarray(0, left)))
        break
      }
      left -= step.bytes.length
    }
    kept.push(step)
  }
  const whole = percent >= 100
  // What was decided about the end holds only for those who get all of it.
  const told = whole ? kept : kept.filter((step) => step.do !== 'settle')
  return [
    ...told,
    ...(whole ? [] : [{ do: 'settle', outcome: 'cut' } as const]),
    how === 'end' ? { do: 'end' } : { do: 'break', how },
  ]
}

/** The error a provider gives when it is overloaded, in its own words. */
export function overloaded(wire: WallWire): JsonObject {
  return wire.error(529, 'The wall is overloaded.')
}

/** Nothing for so long, but for comments where the plan sends them. */
export function silence(plan: Plan, ms: number): readonly Step[] {
  return [{ do: 'wait', ms, ...(plan.commentEveryMs ? { commentEveryMs: plan.commentEveryMs } : {}) }]
}

function pauseBefore(steps: Step[], plan: Plan, content: number): void {
  const ms = content === 0 ? plan.firstTokenDelayMs : plan.betweenEventsMs
  if (ms) steps.push(...silence(plan, ms))
}
