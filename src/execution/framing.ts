import { AWS_EVENT_STREAM, AwsEventFramer } from '../lib/aws-event-stream.ts'
import { SseFramer } from '../lib/sse.ts'

/** Cuts a stream's bytes into server-sent events. */
export interface Framer {
  /** The frames that this chunk completes. Throws when the stream cannot be read on. */
  push(chunk: Buffer): Buffer[]
  /** What is left at the end: perhaps an event without its blank line. */
  rest(): Buffer
}

/** How a reply is framed, by its content type; null when it is no stream. */
export function framerOf(contentType: string | undefined): Framer | null {
  if (contentType === 'application/json') return null
  const [type = ''] = (contentType ?? '').toLowerCase().split(';')
  if (type.trim() === 'text/event-stream') return new SseFramer()
  return type.trim() === AWS_EVENT_STREAM ? new AwsEventFramer() : null
}
