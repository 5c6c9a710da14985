/*
 * Reading a delta's bytes without parsing it. Nearly every frame of a stream is a few characters of text in two hundred bytes of
 * envelope; the name of its event tells what it is, and its text stands between two quotes.
 */

import { standsAt, stringEnd } from '../../lib/bytes.ts'

const HEAD = 'event: response.'
const HEAD_BYTES = Buffer.from(HEAD)
const TEXT = Buffer.from('"delta":"')
const SPACED_TEXT = Buffer.from('"delta": "')
const CLOSING_BRACE = 0x7d
const LF = 0x0a
const CR = 0x0d

/** Events whose `delta` is generated text, and nothing else matters in them. */
const PLAIN_EVENTS: readonly Buffer[] = [
  'output_text.delta',
  'function_call_arguments.delta',
  'reasoning_summary_text.delta',
  'reasoning_text.delta',
  'refusal.delta',
  'custom_tool_call_input.delta',
].map((name) => Buffer.from(name))

/** The generated text in a frame: where it stands, as written in JSON, and which of the events it is. */
export interface DeltaText {
  readonly start: number
  readonly end: number
  /** Whether it is text of the answer itself. */
  readonly isText: boolean
}

/** The text of a frame that is a whole delta with a named event; null for every other frame, which has to be parsed. */
export function deltaText(frame: Buffer): DeltaText | null {
  const first = frame[0] === LF ? 1 : 0
  if (!standsAt(frame, first, HEAD_BYTES)) return null
  const named = first + HEAD_BYTES.length
  const kind = PLAIN_EVENTS.findIndex((name) => standsAt(frame, named, name))
  const lineEnd = kind === -1 ? undefined : frame[named + (PLAIN_EVENTS[kind]?.length ?? 0)]
  if (lineEnd !== LF && lineEnd !== CR) return null
  if (!endsWhole(frame)) return null
  const start = textStart(frame, named)
  const end = start === -1 ? -1 : stringEnd(frame, start)
  return end === -1 ? null : { start, end, isText: kind === 0 }
}

function textStart(frame: Buffer, from: number): number {
  const tight = frame.indexOf(TEXT, from)
  if (tight !== -1) return tight + TEXT.length
  const spaced = frame.indexOf(SPACED_TEXT, from)
  return spaced === -1 ? -1 : spaced + SPACED_TEXT.length
}

/** Whether the frame's data ends as an object does. */
function endsWhole(frame: Buffer): boolean {
  let end = frame.length
  while (end > 0 && (frame[end - 1] === LF || frame[end - 1] === CR)) end -= 1
  return frame[end - 1] === CLOSING_BRACE
}
