/**
 * `headgate/testing`: a fake provider that speaks OpenAI's and Anthropic's formats over real HTTP, misbehaves on command and
 * keeps a log of what it saw. See docs/guide/testing.md.
 */
export { countTokens } from '../providers/simulated/tokens.ts'
export type { After, Fault, FaultKind } from './fault.ts'
export type { Plan, PlannedReasoning, PlannedToolCall } from './plan.ts'
export { planFromName } from './plan-name.ts'
export { PLAN_HEADER, type PlanOrName, type Script } from './plan-source.ts'
export type { RawReply } from './raw-reply.ts'
export type { WallOutcome } from './step.ts'
export { unusedUrl } from './unused-url.ts'
export { startWall, type Wall, type WallOptions } from './wall.ts'
export { fillerText } from './wall-answer.ts'
export type { WallCall } from './wall-call.ts'
export { promptTokens, type WallDialect } from './wire-request.ts'
