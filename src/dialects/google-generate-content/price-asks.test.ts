import { expect, it } from 'vitest'
import { TOOL_USE_TOKENS, UNLIMITED_TOOL_USES } from '../../canonical/call-extras.ts'
import type { JsonObject } from '../../lib/json.ts'
import { googleGenerateContent as gemini } from './index.ts'

const asks = (body: JsonObject) =>
  gemini.priceAsks(
    gemini.decodeRequest({ contents: [{ parts: [{ text: 'x' }] }], ...body }, { model: 'm', stream: false }),
  )
const tokens = (rounds: number) => rounds * UNLIMITED_TOOL_USES * TOOL_USE_TOKENS

it('a plain call, and one with functions of its own, asks for nothing', () => {
  expect(asks({})).toEqual({})
  expect(asks({ tools: [{ functionDeclarations: [{ name: 'f' }] }, { computerUse: {} }] })).toEqual({})
})

it('searches and maps are paid by the use, code and pages by their tokens alone', () => {
  expect(asks({ tools: [{ google_search: {} }, { googleMaps: {} }] })).toEqual({
    toolUses: { webSearches: UNLIMITED_TOOL_USES, otherToolUses: UNLIMITED_TOOL_USES },
    toolTokens: tokens(2),
  })
  expect(asks({ tools: [{ codeExecution: {}, urlContext: {} }] })).toEqual({ toolTokens: tokens(2) })
})

it('a way to be served has a price of its own', () => {
  expect(asks({ serviceTier: 'FLEX' })).toEqual({ serviceTier: 'flex' })
})
