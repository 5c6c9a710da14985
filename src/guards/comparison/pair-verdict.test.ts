import { expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import { readPairVerdict } from './pair-verdict.ts'

function read(text: string, finishReason: 'stop' | 'length' = 'stop', more: readonly Part[] = []) {
  return readPairVerdict({ content: [{ type: 'text', text }, ...more], finishReason })
}

it.each([
  ['{"better": "A"}', 'A'],
  [' {"better":"B"}\n', 'B'],
  ['{"better": "neither"}', 'neither'],
  ['```json\n{"better": "A"}\n```', 'A'],
])('a verdict is one word in one object: %s', (text, better) => {
  expect(read(text)).toBe(better)
})

it.each([
  ['A'],
  ['"A"'],
  ['{"better": "C"}'],
  ['{"better": "a"}'],
  ['{"better": ["A"]}'],
  ['{"better": "A", "reason": "it says so"}'],
  ['{}'],
  ['{"better": "A"} {"better": "B"}'],
  ['I would say {"better": "A"}'],
  [`{"better": "A"}${' '.repeat(10)}${'!'.repeat(300)}`],
  [''],
])('anything else is none: %s', (text) => {
  expect(read(text)).toBeNull()
})

it('what was cut, refused or calls a tool is no verdict', () => {
  expect(read('{"better": "A"}', 'length')).toBeNull()
  expect(read('{"better": "A"}', 'stop', [{ type: 'tool-call', id: '1', name: 'vote', arguments: '{}' }])).toBeNull()
  expect(readPairVerdict({ content: [{ type: 'refusal', text: 'No.' }], finishReason: 'stop' })).toBeNull()
})
