/*
 * Reading a chunk's bytes without parsing it: one walk from string to string. A string with a colon behind it is the name
 * of a field, and only four names matter. Hosts differ in the white space around the colon.
 */

import { stringEnd } from '../../lib/bytes.ts'
import { parseSseFrame, sseText } from '../../lib/sse.ts'

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SPACE = 0x20
const LETTER_N = 0x6e
const NULL_LENGTH = 'null'.length

const DELTA = Buffer.from('delta')
const FINISH_REASON = Buffer.from('finish_reason')
const USAGE = Buffer.from('usage')
const ERROR = Buffer.from('error')

/** What one walk over a chunk finds. One object serves a whole stream: each `read` starts anew. */
export class ChunkSurvey {
  /** Bytes, as written, of the text in the field that was asked for, inside the delta. */
  textBytes = 0
  /** Where a field `usage` with the value null begins, or -1. */
  nullUsageAt = -1

  /**
   * Whether the chunk is plain: text in the field, and no finish reason, usage or error that is more than null. Anything else, and
   * anything odd, wants parsing.
   */
  read(frame: Buffer, field: Buffer): boolean {
    this.textBytes = 0
    this.nullUsageAt = -1
    let inDelta = false
    let position = 0
    while (position < frame.length) {
      if (frame[position] !== QUOTE) {
        position += 1
        continue
      }
      const start = position + 1
      const end = stringEnd(frame, start)
      if (end === -1) return false
      position = valueStart(frame, end + 1)
      if (position === -1) {
        position = end + 1
        continue
      }
      const isNull = frame[position] === LETTER_N
      if (is(frame, start, end, DELTA)) {
        inDelta = true
      } else if (is(frame, start, end, USAGE)) {
        if (!isNull) return false
        this.nullUsageAt = start - 1
      } else if (!isNull && (is(frame, start, end, FINISH_REASON) || is(frame, start, end, ERROR))) {
        return false
      } else if (inDelta && this.textBytes === 0 && frame[position] === QUOTE && is(frame, start, end, field)) {
        const textEnd = stringEnd(frame, position + 1)
        if (textEnd === -1) return false
        this.textBytes = textEnd - position - 1
        position = textEnd + 1
      }
    }
    return this.textBytes > 0
  }
}

/** The frame without its fields `usage` that are null, and without a comma beside each; the same frame when there is none. */
export function withoutNullUsage(frame: Buffer): Buffer {
  const name = '"usage"'
  for (let at = frame.indexOf(name); at !== -1; at = frame.indexOf(name, at + 1)) {
    const value = valueStart(frame, at + name.length)
    if (value !== -1 && frame[value] === LETTER_N) return withoutFieldAt(frame, at)
  }
  return frame
}

/** The frame without the field that begins at `at` and is null, and without one comma beside it. */
export function withoutFieldAt(frame: Buffer, at: number): Buffer {
  let start = at
  let end = valueStart(frame, stringEnd(frame, at + 1) + 1) + NULL_LENGTH
  let before = at - 1
  while (isSpace(frame[before])) before -= 1
  if (frame[before] === COMMA) {
    start = before
  } else {
    while (isSpace(frame[end])) end += 1
    if (frame[end] === COMMA) end += 1
    // Neither a comma nor the end of an object: between the field and its neighbour another line begins.
    else if (frame[end] !== CLOSE_BRACE || frame[before] !== OPEN_BRACE) {
      const line = inOneLine(frame)
      return line.equals(frame) ? frame : withoutNullUsage(line)
    }
  }
  const kept = Buffer.allocUnsafe(frame.length - (end - start))
  frame.copy(kept, 0, 0, start)
  frame.copy(kept, start, end)
  return kept
}

/** The same event with all its data in one line: JSON has no line breaks inside its strings. */
function inOneLine(frame: Buffer): Buffer {
  const event = parseSseFrame(frame)
  return event ? Buffer.from(sseText(event.data.replaceAll('\n', ' '), event.event || undefined)) : frame
}

/** Where the value behind a name begins; -1 when no colon follows, so that it was no name. */
function valueStart(frame: Buffer, afterName: number): number {
  let position = afterName
  while (isSpace(frame[position])) position += 1
  if (frame[position] !== COLON) return -1
  position += 1
  while (isSpace(frame[position])) position += 1
  return position
}

function isSpace(byte: number | undefined): boolean {
  return byte !== undefined && byte <= SPACE
}

function is(frame: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false
  for (let at = 0; at < name.length; at += 1) if (frame[start + at] !== name[at]) return false
  return true
}
