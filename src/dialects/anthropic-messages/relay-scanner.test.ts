import { describe, expect, it } from 'vitest'
import { AnthropicRelayScanner } from './relay-scanner.ts'

const delta = (json: string) =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":${json}}\n\n`

function scan(text: string, scanner = new AnthropicRelayScanner()) {
  const frame = Buffer.from(text)
  const { kind, bytes } = scanner.scan(frame)
  return { kind, same: bytes === frame, bytes, seen: scanner.seen }
}

describe('watching a relayed Messages stream', () => {
  it.each([
    ['text', '{"type":"text_delta","text":"Grüße"}', 7],
    ['thinking', '{"type":"thinking_delta","thinking":"hm"}', 2],
    ['arguments', '{"type":"input_json_delta","partial_json":"{\\"a"}', 4],
    ['a signature', '{"type":"signature_delta","signature":"abc"}', 0],
    ['a citation', '{"type":"citations_delta","citation":{"type":"x"}}', 0],
    ['text in other spacing', '{ "type": "text_delta", "text": "Hi" }', 2],
  ])('passes %s on as it is and measures it', (_, json, bytes) => {
    expect(scan(delta(json))).toMatchObject({
      kind: 'content',
      same: true,
      seen: { outputBytes: bytes, complete: false },
    })
  })

  it('measures a delta without an event line, or with other line ends', () => {
    const text = '{"type":"text_delta","text":"Hi"}'
    expect(scan(`data: {"type":"content_block_delta","index":0,"delta":${text}}\n\n`).seen.outputBytes).toBe(2)
    expect(scan(delta(text).replaceAll('\n', '\r\n')).seen.outputBytes).toBe(2)
    expect(scan(`\n${delta(text)}`).seen.outputBytes).toBe(2)
  })

  it.each([
    [': keep-alive\n\n'],
    ['event: ping\ndata: {"type":"ping"}\n\n'],
    [delta('{"type":"text_delta","text":""}')],
    [delta('{"type":"input_json_delta","partial_json":""}')],
    [
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
    ],
    ['event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'],
    ['event: message_delta\ndata: {"type":"message_delta","delta":{},"usage":{"output_tokens":2}}\n\n'],
  ])('takes %j for nothing of the answer and passes it on', (frame) => {
    expect(scan(frame)).toMatchObject({ kind: 'quiet', same: true, seen: { outputBytes: 0 } })
  })

  it('takes the start of a tool call for content', () => {
    const block = '{"type":"tool_use","id":"a","name":"f","input":{}}'
    expect(scan(`data: {"type":"content_block_start","index":0,"content_block":${block}}\n\n`)).toMatchObject({
      kind: 'content',
      same: true,
    })
  })

  it('keeps a frame that is not whole from the caller', () => {
    expect(scan('event: content_block_delta\ndata: {"type":"content_block_delta","ind\n\n')).toMatchObject({
      kind: 'quiet',
      bytes: null,
    })
    expect(scan('data: nonsense\n\n')).toMatchObject({ kind: 'quiet', bytes: null })
  })

  it('learns the model, the usage and the end', () => {
    const scanner = new AnthropicRelayScanner()
    scan(
      'data: {"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":7,"output_tokens":1}}}\n\n',
      scanner,
    )
    expect(scanner.seen).toMatchObject({ model: 'claude-x', usage: { inputUncached: 7 }, complete: false })
    expect(scanner.seen.usage).not.toHaveProperty('outputText')
    const ending = scan(
      'data: {"type":"message_delta","delta":{"stop_reason":"made_up"},"usage":{"output_tokens":9}}\n\n',
      scanner,
    )
    expect(ending).toMatchObject({ kind: 'finish', same: true })
    expect(scan('data: {"type":"message_stop"}\n\n', scanner).kind).toBe('finish')
    expect(scanner.seen).toMatchObject({
      finishReason: 'other',
      rawFinishReason: 'made_up',
      usage: { inputUncached: 7, outputText: 9 },
      complete: true,
    })
  })

  it.each([
    ['event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy"}}\n\n'],
    ['{"error":{"type":"overloaded_error","message":"Busy"}}\n\n'],
    ['event: error\ndata: Busy\n\n'],
  ])('keeps an error from the caller, and the stream is not whole any more: %j', (frame) => {
    const scanner = new AnthropicRelayScanner()
    scan('data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n', scanner)
    expect(scan(frame, scanner)).toMatchObject({ kind: 'error', bytes: null })
    expect(scanner.seen).toMatchObject({ complete: false, error: { message: 'Busy' } })
  })

  it('ends an answer where it is: the open block, max_tokens with the usage, the marker', () => {
    const scanner = new AnthropicRelayScanner()
    const block = (index: number, content: string) =>
      `event: content_block_start\ndata: {"type":"content_block_start","index":${index},"content_block":${content}}\n\n`
    scan(block(0, '{"type":"text","text":""}'), scanner)
    scan(delta('{"type":"text_delta","text":"Hi"}'), scanner)
    scan('event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n', scanner)
    scan(block(1, '{"type":"tool_use","id":"a","name":"f","input":{}}'), scanner)
    expect(scanner.seen.toolCalls).toBe(1)
    const end = scanner.cutShort({ inputUncached: 3, outputText: 5 }).toString()
    expect(end.split('\n\n')).toEqual([
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}',
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"input_tokens":3,"output_tokens":5}}',
      'event: message_stop\ndata: {"type":"message_stop"}',
      '',
    ])
    expect(scanner.seen.complete).toBe(false)
  })
})
