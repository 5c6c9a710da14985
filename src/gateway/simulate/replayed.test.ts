import { describe, expect, it } from 'vitest'
import { SHADOW_TENANT } from '../../canonical/shadow-tenant.ts'
import { NotRecorded } from '../../policy/replay/replay-request.ts'
import type { AskedRequest } from '../../storage/contracts/ledger-reader.ts'
import { storedRequest } from './replayed.ts'

function row(changes: Partial<AskedRequest> = {}): AskedRequest {
  return {
    traceId: 'tr_1',
    tenantId: 'acme',
    userId: null,
    feature: 'chat',
    requestedModel: 'answer',
    servedModel: 'one/a',
    fallbackReason: null,
    dialect: 'openai-chat',
    stream: false,
    status: 'completed',
    errorCode: null,
    cost: 5n,
    latencyMs: 12,
    asked: { context: { risk: 'write' }, prompt: { bytes: 40 }, usage: { input_uncached: 9, output_text: 2 } },
    createdAt: 1_000,
    ...changes,
  }
}

describe('a stored request', () => {
  it('is asked again as it was, with what its answer used', () => {
    expect(storedRequest(row())).toMatchObject({
      traceId: 'tr_1',
      usage: { inputUncached: 9, outputText: 2 },
      recorded: { model: 'one/a', refusal: null, fellBack: false, cost: 5n, latencyMs: 12 },
      ask: {
        model: 'answer',
        context: { tenantId: 'acme', feature: 'chat', risk: 'write', task: null },
        prompt: { textBytes: 40, images: 0, tools: false },
        inboundDialect: 'openai-chat',
      },
    })
  })

  it('does not guess what nobody had found out', () => {
    const request = storedRequest(row())
    if (typeof request === 'string') throw new Error(request)
    expect(() => request.ask.signals?.complexity()).toThrow(NotRecorded)
    expect(() => request.ask.signals?.budgetUsed()).toThrow(NotRecorded)
    expect(request.ask.signals?.tools()).toEqual([])
  })

  it('is left out, with the reason, when there is nothing to decide', () => {
    const reasons = [
      row({ status: 'cached' }),
      row({ asked: null }),
      row({ asked: null, status: 'refused' }),
      row({ asked: null, tenantId: SHADOW_TENANT }),
      row({ asked: { prompt: 'long' } }),
    ].map(storedRequest)
    expect(reasons).toEqual([
      'answered without a model',
      'recorded by a version that kept too little',
      'refused before routing',
      'a copy of another call, for comparison',
      'recorded by a version that this one does not understand',
    ])
  })
})
