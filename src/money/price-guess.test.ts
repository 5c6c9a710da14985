import { expect, it } from 'vitest'
import { GUESS_MARK, isGuessed } from './price-guess.ts'

it('a price is a guess wherever the mark stands in its version, also before the place of a host', () => {
  const version = `genai-prices@2026-11:openai/gpt-5.4${GUESS_MARK}`
  expect([version, `${version}@eu`, 'genai-prices@2026-11:openai/gpt-5.4', 'unknown'].map(isGuessed)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
