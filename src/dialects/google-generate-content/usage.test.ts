import { describe, expect, it } from 'vitest'
import { inputTokens, outputTokens } from '../../canonical/usage.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

const RAW: JsonObject = {
  promptTokenCount: 1000,
  candidatesTokenCount: 300,
  thoughtsTokenCount: 50,
  toolUsePromptTokenCount: 70,
  cachedContentTokenCount: 400,
  totalTokenCount: 1420,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 880 },
    { modality: 'AUDIO', tokenCount: 120 },
  ],
  cacheTokensDetails: [
    { modality: 'AUDIO', tokenCount: 30 },
    { modality: 'TEXT', tokenCount: 370 },
  ],
  candidatesTokensDetails: [
    { modality: 'TEXT', tokenCount: 100 },
    { modality: 'AUDIO', tokenCount: 60 },
    { modality: 'IMAGE', tokenCount: 140 },
  ],
  serviceTier: 'FLEX',
}

describe('usage of Gemini', () => {
  it('is disjoint, and adds up to the provider’s own total', () => {
    const usage = decodeUsage(RAW)
    expect(usage).toEqual({
      inputUncached: 580,
      cacheRead: 370,
      cacheReadAudio: 30,
      inputAudio: 90,
      outputText: 100,
      reasoning: 50,
      outputAudio: 60,
      outputImage: 140,
      serviceTier: 'flex',
      raw: RAW,
    })
    expect(inputTokens(usage) + outputTokens(usage)).toBe(RAW.totalTokenCount)
  })

  it('is absent where Google does not say, and zero where it says zero', () => {
    expect(decodeUsage({ trafficType: 'ON_DEMAND' })).toEqual({ raw: { trafficType: 'ON_DEMAND' } })
    expect(decodeUsage({ promptTokenCount: 0, candidatesTokenCount: 0 })).toMatchObject({
      inputUncached: 0,
      outputText: 0,
    })
    expect(decodeUsage({ promptTokenCount: -1, candidatesTokenCount: 'x' })).not.toHaveProperty('inputUncached')
  })

  it('says how Vertex served', () => {
    expect(decodeUsage({ trafficType: 'ON_DEMAND_PRIORITY' }).serviceTier).toBe('priority')
    expect(decodeUsage({ trafficType: 'ON_DEMAND' })).not.toHaveProperty('serviceTier')
  })

  it('is written so that it reads the same', () => {
    const { raw: _, ...counters } = decodeUsage(RAW)
    const written = encodeUsage(counters)
    expect(written).toMatchObject({ promptTokenCount: 1070, candidatesTokenCount: 300, totalTokenCount: 1420 })
    const { raw: __, ...again } = decodeUsage(written)
    expect(again).toEqual(counters)
  })
})
