import * as z from 'zod'
import type { NanoUsd } from '../../canonical/money.ts'
import { count, fraction, modelName, nameKey, toMap, usd } from '../values.ts'
import { allowedResponseModes, allowedTools, type ResponseMode } from './allowances.ts'

/** What a plan allows. Null is no limit of its own. */
export interface PlanConfig {
  readonly dailyLimit: NanoUsd | null
  readonly monthlyLimit: NanoUsd | null
  /** Tokens, prompts and answers together. */
  readonly dailyTokenLimit: number | null
  /** Calls that a tenant may begin in a minute. */
  readonly rpmLimit: number | null
  /** Calls of a tenant that may run at once. */
  readonly concurrencyLimit: number | null
  /** Names of tasks, logical models and `provider/model`; null is every one. */
  readonly allowedModels: readonly string[] | null
  /** Names of tools that calls may offer; null is every one. */
  readonly allowedTools: readonly string[] | null
  /** How answers may be asked for; null is every way. */
  readonly allowedResponseModes: readonly ResponseMode[] | null
  readonly maxInputTokens: number | null
  readonly maxOutputTokens: number | null
  /** What is charged beyond the cost, in billionths of it; null is nothing. */
  readonly markup: bigint | null
}

/** The keys of a plan; a tenant may write each of them to override its plan, and `null` to lift the limit. */
export const planShape = {
  daily_usd_limit: usd().nullable().optional().describe('Most USD a tenant may spend in a day of its time zone.'),
  monthly_usd_limit: usd().nullable().optional().describe('Most USD a tenant may spend in a month of its time zone.'),
  daily_token_limit: count({ least: 0 })
    .nullable()
    .optional()
    .describe('Most tokens of a tenant in a day of its time zone, prompts and answers together.'),
  rpm_limit: count({ least: 0 }).nullable().optional().describe('Most calls of a tenant in a minute.'),
  concurrency_limit: count({ least: 0 })
    .nullable()
    .optional()
    .describe('Most calls of a tenant that run at the same time.'),
  allowed_models: z
    .array(modelName)
    .nullable()
    .optional()
    .describe('Tasks, logical models and `provider/model` names that may be used; `"*"` is all. Default: all.'),
  allowed_tools: allowedTools
    .nullable()
    .optional()
    .describe(
      'Tools that calls may offer to a model: names of functions, kinds of tools that a provider runs (`web_search`), `read_*`, `"*"`; `[]` is none. Another one is 403 `tool_not_allowed`. Default: all.',
    ),
  allowed_response_modes: allowedResponseModes
    .nullable()
    .optional()
    .describe('How answers may be asked for: `text`, `json` (any), `json_schema`. Default: all.'),
  max_input_tokens: count().nullable().optional().describe('Longest prompt in tokens.'),
  max_output_tokens: count().nullable().optional().describe('Cap on generated tokens; more is clamped.'),
  markup: fraction()
    .nullable()
    .optional()
    .describe(
      'What a tenant is charged beyond the cost: `0.2` is a fifth more. The charge has a column of its own; budgets count the cost.',
    ),
}

/** A plan, or a tenant's overrides, as written. */
export type PlanKeys = z.output<z.ZodObject<typeof planShape>>

/** The plan that results when `keys` are laid over `base`: a key that is not written keeps the base's value. */
export function layPlan(base: PlanConfig, keys: PlanKeys): PlanConfig {
  return {
    dailyLimit: over(base.dailyLimit, keys.daily_usd_limit),
    monthlyLimit: over(base.monthlyLimit, keys.monthly_usd_limit),
    dailyTokenLimit: over(base.dailyTokenLimit, keys.daily_token_limit),
    rpmLimit: over(base.rpmLimit, keys.rpm_limit),
    concurrencyLimit: over(base.concurrencyLimit, keys.concurrency_limit),
    allowedModels: over(base.allowedModels, keys.allowed_models?.includes('*') ? null : keys.allowed_models),
    allowedTools: over(base.allowedTools, keys.allowed_tools?.includes('*') ? null : keys.allowed_tools),
    allowedResponseModes: over(base.allowedResponseModes, keys.allowed_response_modes),
    maxInputTokens: over(base.maxInputTokens, keys.max_input_tokens),
    maxOutputTokens: over(base.maxOutputTokens, keys.max_output_tokens),
    markup: over(base.markup, keys.markup),
  }
}

/** A plan without any limit: what a tenant has that was given none. */
export const NO_LIMITS: PlanConfig = {
  dailyLimit: null,
  monthlyLimit: null,
  dailyTokenLimit: null,
  rpmLimit: null,
  concurrencyLimit: null,
  allowedModels: null,
  allowedTools: null,
  allowedResponseModes: null,
  maxInputTokens: null,
  maxOutputTokens: null,
  markup: null,
}

/** `plans` */
export const plansSection = z
  .record(
    nameKey,
    z.strictObject(planShape).transform((section) => layPlan(NO_LIMITS, section)),
  )
  .transform((record) => toMap<PlanConfig>(record))

function over<Value>(base: Value | null, written: Value | null | undefined): Value | null {
  return written === undefined ? base : written
}
