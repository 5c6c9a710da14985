import type { Part } from '../canonical/content.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { PromptSize } from '../policy/prompt-size.ts'

/**
 * How large a prompt is, for estimates: bytes of text and pictures counted apart. Where the caller's own bytes are at hand their length is
 * taken (JSON's own characters make it a little too large, which is the safe side) less the media and the sources in it.
 */
export function promptSize(request: CanonicalRequest, bytes: Buffer | null): PromptSize {
  let textBytes = bytes ? bytes.length : Buffer.byteLength(JSON.stringify(request.tools ?? ''))
  // Sources are not sent.
  if (bytes && request.documents) textBytes -= Buffer.byteLength(JSON.stringify(request.documents))
  let images = 0
  const weigh = (part: Part): void => {
    if (part.type === 'tool-result') {
      for (const inner of part.content) weigh(inner)
      return
    }
    if ('source' in part) {
      images += 1
      if (bytes && part.source.kind === 'base64') textBytes -= part.source.data.length
      return
    }
    if (bytes) return
    if ('text' in part) textBytes += Buffer.byteLength(part.text)
    if (part.type === 'tool-call') textBytes += Buffer.byteLength(part.arguments)
  }
  for (const { content } of request.messages) {
    // The text of a body is in its bytes.
    for (const part of content) if (!bytes || part.type !== 'text') weigh(part)
  }
  return { textBytes: Math.max(0, textBytes), images, tools: (request.tools?.length ?? 0) > 0 }
}
