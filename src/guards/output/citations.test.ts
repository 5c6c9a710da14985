import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { FinishReason } from '../../canonical/response.ts'
import { citationFault } from './citations.ts'

const DOCUMENTS = ['doc-1', 'doc-2', 'refund policy', '7'].map((id) => ({ id, text: '' }))

function of(text: string, documents = DOCUMENTS) {
  return citationFault({ content: [{ type: 'text', text }], finishReason: 'stop' }, documents)
}

describe('citations', () => {
  it.each([
    'Thirty days [doc-1].',
    'Thirty days [doc-1, doc-2] or more [7].',
    'Thirty days [doc-1; refund policy].',
    'Thirty days [doc-1][doc-2].',
    '[doc-1] says thirty days, see [our page](https://a.example) of [2024].',
    'Thirty days [doc-1](https://a.example/1).',
    'Thirty days [doc-1]. In code: `list[9]` and\n```\n[doc-9]\n```',
    '{"answer": "Thirty days.", "sources": ["doc-1", "7"]}',
    'Items: list[3], [ ] open, [x] done [doc-2].',
  ])('that name sources of the call are right: %s', (text) => {
    expect(of(text)).toBeNull()
  })

  it.each([
    'Thirty days.',
    '',
    'Thirty days [see our page](https://a.example).',
    'Thirty days (doc-1).',
    'Thirty days [Refund Policy].',
    '`[doc-1]`',
  ])('are missing: %s', (text) => {
    expect(of(text)).toBe('citations_missing')
  })

  it.each(['Thirty days [doc-1] [doc-12].', 'Thirty days [doc-99].', 'Thirty days [doc-1, 12].'])(
    'of sources that the call does not have are found: %s',
    (text) => {
      expect(of(text)).toBe('citations_unknown')
    },
  )

  it('are any marks where the call names no sources', () => {
    expect(of('Thirty days [3].', [])).toBeNull()
    expect(of('Thirty days [handbook].', [])).toBeNull()
    expect(of('Thirty days. [ ] Done. [x] Open.', [])).toBe('citations_missing')
  })

  it('may stand beside the text, as the provider says them', () => {
    const cited = { 'anthropic-messages': { citations: [{ type: 'char_location', document_index: 0 }] } }
    const content: Part[] = [{ type: 'text', text: 'Thirty days.', extensions: cited }]
    expect(citationFault({ content, finishReason: 'stop' }, DOCUMENTS)).toBeNull()
    const noted = { 'openai-responses': { annotations: [] } }
    expect(
      citationFault({ content: [{ type: 'text', text: 'Thirty.', extensions: noted }], finishReason: 'stop' }, []),
    ).toBe('citations_missing')
  })

  it.each<[string, Part[], FinishReason]>([
    ['a tool', [{ type: 'tool-call', id: '1', name: 'look', arguments: '{}' }], 'tool-calls'],
    ['a refusal', [{ type: 'refusal', text: 'I will not.' }], 'stop'],
    ['what a filter withheld', [], 'content-filter'],
  ])('are not looked for in %s', (_, content, finishReason) => {
    expect(citationFault({ content, finishReason }, DOCUMENTS)).toBeNull()
  })

  it('are found in time that grows with the text alone', () => {
    const text = `${'['.repeat(50_000)}${'[a'.repeat(50_000)}${'`'.repeat(50_001)}${'x[1]'.repeat(20_000)}`
    expect(of(text)).toBe('citations_missing')
  })
})
