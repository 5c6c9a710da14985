import type { Fault } from './fault.ts'
import type { Frame } from './frame.ts'

/** How the events of one stream are spelled. */
export type Framing = Omit<Extract<Fault, { kind: 'framing' }>, 'kind'>

/** An event as server-sent text, in the stream's spelling. */
export function frameText(frame: Frame, framing: Framing): string {
  const end = framing.lineEnding ?? '\n'
  const colon = framing.noSpace ? ':' : ': '
  const name = frame.event === undefined ? '' : `event${colon}${frame.event}${end}`
  const lines = framing.manyLines ? manyLines(frame.data) : [frame.data]
  return `${name}${lines.map((line) => `data${colon}${line}${end}`).join('')}${end}`
}

/** A comment, in the stream's spelling. */
export function commentText(text: string, framing: Framing): string {
  const end = framing.lineEnding ?? '\n'
  return `: ${text}${end}${end}`
}

/** JSON with line breaks where JSON allows them; anything else stays one line. */
function manyLines(data: string): readonly string[] {
  try {
    return JSON.stringify(JSON.parse(data), null, 1).split('\n')
  } catch {
    return [data]
  }
}
