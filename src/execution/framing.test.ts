import { expect, it } from 'vitest'
import { awsEvent } from '../testing/aws-event-frame.ts'
import { framerOf } from './framing.ts'

it('cuts a stream by its content type, and takes all else for a whole answer', () => {
  const text = 'data: {}\n\n'
  expect(framerOf('text/event-stream; charset=utf-8')?.push(Buffer.from(text)).join('')).toBe(text)
  const message = awsEvent('ping', '{}')
  expect(framerOf('Application/vnd.amazon.eventstream')?.push(message).join('')).toBe('event: ping\ndata: {}\n\n')
  for (const type of [undefined, '', 'application/json', 'text/event-streams', 'text/plain; text/event-stream']) {
    expect(framerOf(type)).toBeNull()
  }
})
