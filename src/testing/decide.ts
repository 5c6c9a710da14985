import { isObject, type JsonObject } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { readGoogleRequest } from './google-request.ts'
import { bodySteps } from './json-steps.ts'
import { modelList } from './model-list.ts'
import { rawReplyOf } from './no-answer.ts'
import type { Plan } from './plan.ts'
import type { PlanSource } from './plan-source.ts'
import type { Reply } from './planned-reply.ts'
import { replyTo } from './reply.ts'
import type { WallCall } from './wall-call.ts'
import { promptTokens, type WallDialect, type WireRequest } from './wire-request.ts'
import { wireOf } from './wires.ts'

/** What deciding needs of the wall. */
export interface DecideContext {
  readonly plans: PlanSource
  /** Keys that are taken; undefined takes all. */
  readonly keys: readonly string[] | undefined
  /** The wall's own address. */
  readonly url: string
}

/** What a call gets, and the plan that says so. */
export interface Decision {
  readonly reply: Reply
  readonly plan: Plan
}

/** Decides the whole reply to a call. What a real provider would refuse is refused, under an empty plan. */
export function decide(call: WallCall, { plans, keys, url }: DecideContext): Decision {
  try {
    if (call.dialect === null) return replyBeside(call, plans)
    if (keys && (call.key === null || !keys.includes(call.key)))
      throw new BadRequest('Incorrect API key provided.', null, 401)
    const request = readRequest(call, call.dialect)
    const plan = plans.planFor(call, call.receivedAt)
    return { reply: replyTo(request, plan, { number: call.number, nowMs: call.receivedAt, url }), plan }
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    const { status, message, param } = error
    return {
      reply: jsonReply(status, wireOf(call.dialect ?? 'openai-chat').error(status, message, undefined, param)),
      plan: {},
    }
  }
}

function readRequest(call: WallCall, dialect: WallDialect): WireRequest {
  if (!isObject(call.body)) throw new BadRequest('We could not parse the JSON body of your request.')
  return wireOf(dialect).read(call.body, call)
}

/** Paths beside the model calls can be scripted too, but only whole replies. */
function replyBeside(call: WallCall, plans: PlanSource): Decision {
  const plan = plans.scripted(call)
  return plan?.raw ? { reply: rawReplyOf(plan.raw), plan } : { reply: replyToOther(call), plan: {} }
}

/** Paths beside the model calls: the list of models, and counts of tokens. */
function replyToOther(call: WallCall): Reply {
  if (call.method === 'GET' && /\/models(\/|$)/.test(call.path)) return jsonReply(200, modelList(call.headers))
  if (call.method === 'POST' && call.path.endsWith('/messages/count_tokens') && isObject(call.body))
    return jsonReply(200, { input_tokens: promptTokens(call.body) })
  if (call.method === 'POST' && call.path.endsWith(':countTokens') && isObject(call.body))
    return jsonReply(200, { totalTokens: googleTokens(call.body, call.path) })
  const message = `Unknown request URL: ${call.method} ${call.path}.`
  return jsonReply(404, wireOf('openai-chat').error(404, message, 'unknown_url'))
}

function googleTokens({ generateContentRequest: asked }: JsonObject, path: string): number {
  if (!isObject(asked)) throw new BadRequest('generateContentRequest is missing', 'generateContentRequest')
  return readGoogleRequest(asked, path.replace(/:countTokens$/, ':generateContent')).promptTokens
}

function jsonReply(status: number, body: JsonObject): Reply {
  const bytes = Buffer.from(JSON.stringify(body))
  return {
    steps: bodySteps(status, { 'content-type': 'application/json' }, bytes, status < 400 ? 'completed' : 'error'),
    responseId: null,
    usage: null,
    billed: { inputTokens: 0, outputTokens: 0 },
    promptTokens: 0,
  }
}
