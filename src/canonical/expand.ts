import type { Part } from './content.ts'
import type { CanonicalResponse } from './response.ts'
import type { StreamEvent } from './stream-event.ts'

/** A whole answer, told as a stream: what `collect` puts together again. */
export function expand(response: CanonicalResponse): StreamEvent[] {
  const { content, finishReason, rawFinishReason, stopSequence, usage, ...head } = response
  return [
    { type: 'message-start', ...head },
    ...content.flatMap(partEvents),
    ...(usage ? [{ type: 'usage', usage } as const] : []),
    {
      type: 'message-end',
      finishReason,
      ...(rawFinishReason === undefined ? {} : { rawFinishReason }),
      ...(stopSequence === undefined ? {} : { stopSequence }),
    },
  ]
}

/** The events of one part. Media and tool results are never part of an answer and have none. */
function partEvents(part: Part, index: number): StreamEvent[] {
  switch (part.type) {
    case 'text':
      return [
        { type: 'text-start', index },
        { type: 'text-delta', index, text: part.text },
        { type: 'text-end', index, ...(part.extensions ? { extensions: part.extensions } : {}) },
      ]
    case 'refusal':
      return [
        { type: 'refusal-start', index },
        { type: 'refusal-delta', index, text: part.text },
        { type: 'refusal-end', index },
      ]
    case 'reasoning': {
      const { type: _, text, origin, ...seal } = part
      return [
        { type: 'reasoning-start', index, ...(origin ? { origin } : {}) },
        ...(text === '' ? [] : [{ type: 'reasoning-delta', index, text } as const]),
        { type: 'reasoning-end', index, ...seal },
      ]
    }
    case 'tool-call': {
      const { id, name, arguments: text, extensions } = part
      return [
        { type: 'tool-call-start', index, id, name, ...(extensions ? { extensions } : {}) },
        { type: 'tool-call-delta', index, arguments: text },
        { type: 'tool-call-end', index },
      ]
    }
    case 'opaque':
      return [{ type: 'opaque', index, dialect: part.dialect, block: part.block }]
    default:
      return []
  }
}
