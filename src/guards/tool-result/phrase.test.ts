import { describe, expect, test } from 'vitest'
import { parsePhrase } from './phrase.ts'
import { createPhraseBook } from './phrase-book.ts'
import { vocabulary } from './sign.ts'
import { splitWords } from './words.ts'

function found(text: string, ...phrases: readonly string[]): readonly string[] {
  const words = vocabulary('test', ...phrases)
  const places = createPhraseBook([words]).locate(text).get(words) ?? []
  return places.map(({ start, end }) => text.slice(start, end))
}

describe('words', () => {
  test('letters of any alphabet and digits make words; a genitive is cut off, an apostrophe inside stays', () => {
    expect(splitWords("don't e-mail the user's api_key, größe 42").words).toEqual([
      "don't",
      'e',
      'mail',
      'the',
      'user',
      'api',
      'key',
      'größe',
      '42',
    ])
    expect(splitWords('забудь все').words).toEqual(['забудь', 'все'])
    expect(splitWords('').words).toEqual([])
  })

  test('a sentence end, a colon and a line break set words apart, a hyphen does not', () => {
    const { words, apart } = splitWords('one-two three. four: five\nsix ------ seven')
    expect(words.filter((_, at) => apart[at])).toEqual(['one', 'four', 'five', 'six', 'seven'])
  })
})

describe('phrases', () => {
  test('alternatives, optional words, stems, verbs and plurals', () => {
    expect(found('send, sending and sends', 'send~')).toEqual(['send', 'sending'])
    expect(found('api key and API keys'.toLowerCase(), 'api key+')).toEqual(['api key', 'api keys'])
    expect(found('queries and a query', 'query+')).toEqual(['queries', 'query'])
    expect(found('the summaries were summarised', 'summari*')).toEqual(['summaries', 'summarised'])
    expect(found('you were told; you have been told', 'you have|were been? told')).toEqual([
      'you were told',
      'you have been told',
    ])
    expect(found('all of the above, all above', 'all of? the? above')).toEqual(['all of the above', 'all above'])
  })

  test('marks between words do not hide a phrase, the end of a sentence does', () => {
    expect(found('system_prompt and **system** "prompt"', 'system prompt')).toHaveLength(2)
    expect(found('the system. prompt answers', 'system prompt')).toEqual([])
  })

  test('part of a word is not the word', () => {
    expect(found('resend senders', 'send')).toEqual([])
  })

  test('phrases that could not be found quickly are refused', () => {
    expect(() => parsePhrase('the? prompt')).toThrow(RangeError)
    expect(() => parsePhrase('ig* all')).toThrow(RangeError)
  })
})
