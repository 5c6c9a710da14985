import { describe, expect, it } from 'vitest'
import type { Part, ReasoningPart } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { isCarried } from './carried-seals.ts'
import { googleGenerateContent as gemini } from './index.ts'

const SEALED: readonly ReasoningPart[] = [
  { type: 'reasoning', text: 'Look.', signature: 'Eq+/=', origin: 'anthropic-messages' },
  { type: 'reasoning', text: '', signature: 'omitted+/=', origin: 'anthropic-messages' },
  { type: 'reasoning', text: '', redacted: 'hidden+/=', origin: 'anthropic-messages' },
  { type: 'reasoning', text: 'Sum.', signature: '{"type":"reasoning","id":"rs_ü"}', origin: 'openai-responses' },
]
const call: Part = { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }
const answerOf = (...content: Part[]): CanonicalResponse => ({ content, finishReason: 'tool-calls' })

/** What a caller keeps of an answer: the parts of one content, or every chunk as a content of its own. */
function whole(answer: CanonicalResponse): JsonObject[] {
  const [candidate] = gemini.encodeResponse(answer).candidates as JsonObject[]
  return candidate && isObject(candidate.content) ? [candidate.content] : []
}
function streamed(answer: CanonicalResponse): JsonObject[] {
  const encoder = gemini.streamEncoder({ id: 'i', model: 'm', includeUsage: true })
  const text =
    expand(answer)
      .map((event) => encoder.push(event))
      .join('') + encoder.end()
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .flatMap((frame) => {
      const { candidates } = JSON.parse(frame.slice('data: '.length)) as { candidates: { content: JsonObject }[] }
      return candidates.map(({ content }) => content)
    })
}
const heard = (...contents: JsonObject[]) => {
  const user = { role: 'user', parts: [{ text: 'Hi.' }] }
  const { messages } = gemini.decodeRequest({ contents: [user, ...contents] }, { model: 'm', stream: false })
  return messages.slice(1).flatMap(({ content }) => content.filter((part) => part.type !== 'text'))
}

describe.each([
  ['in one content', whole],
  ['in the contents of a stream', streamed],
])('seals of other vendors %s', (_, told) => {
  it.each(SEALED)('come back with their thought, byte for byte: $text $signature$redacted', (part) => {
    expect(heard(...told(answerOf(part, call)))).toEqual([part, call])
  })

  it('come back in the other alphabet of base64 as well, as some of Google’s libraries write it', () => {
    const part = { ...SEALED[0], signature: '???>>>~~~' } as ReasoningPart
    const text = JSON.stringify(told(answerOf(part, call)))
    const other = text.replace(/"thoughtSignature":"([^"]+)"/g, (field) =>
      field.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
    )
    expect(heard(...(JSON.parse(other) as JsonObject[]))).toEqual([part, call])
  })
})

it('Google never gets a seal of another vendor, neither relayed nor written anew', () => {
  const [sealed] = SEALED
  const [content] = whole(answerOf(...(sealed ? [sealed] : []), { type: 'text', text: 'Done.' }))
  expect(JSON.stringify(content)).toContain('thoughtSignature')
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hi.' }] }, content ?? {}] }
  const target = { model: 'gemini-3-flash-preview', quirks: {} }
  expect(gemini.relayEdits(body, { ...target, needUsage: true, remove: [], removeMetadata: [] })).toBeNull()
  const request = gemini.decodeRequest(body, { model: 'm', stream: false })
  expect(JSON.stringify(gemini.encodeRequest(request, target).body)).not.toContain('thoughtSignature')
})

it('a seal of Google’s own is not taken for one of another', () => {
  expect(isCarried('EqQBCgIYAhIM+/=')).toBe(false)
  expect(isCarried(undefined)).toBe(false)
})
