import { describe, expect, it } from 'vitest'
import { readAnthropicRequest } from './anthropic-request.ts'
import { readOpenAiRequest } from './openai-request.ts'
import type { Plan } from './plan.ts'
import type { Reply } from './planned-reply.ts'
import { replyTo } from './reply.ts'
import type { WireRequest } from './wire-request.ts'

const messages = [{ role: 'user', content: 'hi' }]
const facts = { number: 1, nowMs: 0, url: 'http://wall' }
const requests = [true, false].flatMap((stream): [string, WireRequest][] => [
  [`openai, stream ${stream}`, readOpenAiRequest({ model: 'm', messages, stream })],
  [`anthropic, stream ${stream}`, readAnthropicRequest({ model: 'm', max_tokens: 50, messages, stream }, '2023-06-01')],
])
const plans: [string, Plan][] = [
  ['good', {}],
  ['error', { fault: { kind: 'status', status: 500 } }],
  ['no-done', { fault: { kind: 'no-done' } }],
  ['error-event', { fault: { kind: 'error-event', after: 1 } }],
  ['raw', { raw: { status: 200, body: 'abcdef', splitAt: [2, 4] } }],
]

const kinds = (reply: Reply): string => reply.steps.map((step) => step.do).join(' ')

describe.each(requests)('a reply to %s', (_which, request) => {
  it.each(plans)('has its outcome settled, and so logged, before its last bytes: %s', (_name, plan) => {
    const reply = kinds(replyTo(request, plan, facts))
    expect(reply).toMatch(/ settle write end$/)
    expect(reply.match(/settle/g)).toHaveLength(1)
  })

  it('is the same for the same request', () => {
    expect(replyTo(request, {}, facts)).toEqual(replyTo(request, {}, facts))
  })

  it('pauses where the plan says', () => {
    const plan: Plan = { tokens: 3, firstByteDelayMs: 11, firstTokenDelayMs: 22, betweenEventsMs: 33 }
    const pauses = replyTo(request, plan, facts).steps.flatMap((step) => (step.do === 'wait' ? [step.ms] : []))
    expect(pauses).toEqual(request.stream ? [11, 22, 33, 33] : [11, 22])
    expect(replyTo(request, plan, facts).steps[0]).toMatchObject({ do: 'wait', ms: 11 })
  })
})
