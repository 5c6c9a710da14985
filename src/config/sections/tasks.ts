import * as z from 'zod'
import type { NanoUsd } from '../../canonical/money.ts'
import { count, modelName, nameKey, usd } from '../values.ts'
import { allowedResponseModes, allowedTools, type ResponseMode } from './allowances.ts'
import { type CanaryConfig, canarySection } from './canary.ts'
import { type ConditionAttribute, type ConditionConfig, conditionsSection } from './conditions.ts'
import {
  type FallbackPolicyConfig,
  fallbackPolicySection,
  type OnInvalidOutputConfig,
  onInvalidOutputSection,
  type RetryConfig,
  retrySection,
} from './failure-handling.ts'
import { type HedgeConfig, hedgeSection } from './hedge.ts'
import { type OnLimitConfig, onLimit } from './on-limit.ts'
import { type PromoteConfig, promoteSection } from './promote.ts'
import { type QualityBarConfig, qualityBarSection } from './quality-bar.ts'
import { type ShadowConfig, shadowSection } from './shadow.ts'
import { type TaskTimeoutsConfig, taskTimeoutsSection } from './timeouts.ts'

/** A parameter of a call as policy sees it: what it is when the call is silent, and the most it may be. Null is no say. */
export interface ParameterPolicy {
  readonly default: number | null
  readonly max: number | null
}

/** The parameters of a call that policy has a say in. */
export interface ParametersConfig {
  readonly temperature: ParameterPolicy
  readonly topP: ParameterPolicy
  readonly maxOutputTokens: ParameterPolicy
}

/** How a kind of work is to be run. */
export interface TaskConfig {
  readonly name: string
  /** A logical model or `provider/model`. */
  readonly default: string
  /** What else may serve it, in order; empty means nothing else. */
  readonly fallback: readonly string[]
  readonly maxLatencyMs: number | null
  /** Most that one call may cost. */
  readonly maxCost: NanoUsd | null
  /** Whether answers must cite their sources. */
  readonly requiresCitations: boolean
  /** What happens when a limit or budget has no room for a call; null leaves it to the limit. */
  readonly onLimit: OnLimitConfig | null
  /** Null: as for calls of no task. */
  readonly retry: RetryConfig | null
  /** Null: as for calls of no task. */
  readonly fallbackPolicy: FallbackPolicyConfig | null
  /** When a second attempt begins beside a silent first one; null is never. */
  readonly hedge: HedgeConfig | null
  /** A model that is tried on a share of its calls; null is none. */
  readonly canary: CanaryConfig | null
  /** A model that is given copies of its calls; null is none. */
  readonly shadow: ShadowConfig | null
  /** How good a model must be at it; null when nobody says. */
  readonly qualityBar: QualityBarConfig | null
  /** When a model becomes the default by itself; null is never. */
  readonly promote: PromoteConfig | null
  /** Clocks of an attempt that differ from its provider's; null where none does. */
  readonly timeouts: TaskTimeoutsConfig | null
  readonly parameters: ParametersConfig
  /** What answers must be, also of calls that do not ask for it; null leaves it to the call. */
  readonly responseFormat: 'json' | null
  /** What is done about an answer that is not what was asked for; null: as for every checked answer. */
  readonly onInvalidOutput: OnInvalidOutputConfig | null
  /** How a streamed answer is handed over: as it comes, or once it is whole. Null: as it comes, but for answers that are checked. */
  readonly delivery: 'stream' | 'whole' | null
  /** Longest prompt in tokens. */
  readonly maxInputTokens: number | null
  /** Names of tools that calls may offer; null is every one. */
  readonly allowedTools: readonly string[] | null
  /** How answers may be asked for; null is every way. */
  readonly allowedResponseModes: readonly ResponseMode[] | null
  /** Whether a call must say the version of its prompt. */
  readonly promptVersion: 'required' | 'optional'
  /** What becomes of an answer that was cut: an error, or what came of it, marked incomplete. */
  readonly partial: 'error' | 'return'
  /** The first that fits a call has its way. */
  readonly rules: readonly RuleConfig[]
}

/** A rule of a task: for calls that fit, these keys instead of the task's own. What is absent stays as the task has it. */
export interface RuleConfig {
  readonly conditions: ReadonlyMap<ConditionAttribute, ConditionConfig>
  readonly change: Partial<
    Pick<
      TaskConfig,
      | 'default'
      | 'fallback'
      | 'maxLatencyMs'
      | 'maxCost'
      | 'maxInputTokens'
      | 'allowedTools'
      | 'allowedResponseModes'
      | 'delivery'
      | 'partial'
    >
  > & { readonly parameters?: Partial<ParametersConfig> }
}

const NO_SAY: ParameterPolicy = { default: null, max: null }
const NO_PARAMETERS: ParametersConfig = { temperature: NO_SAY, topP: NO_SAY, maxOutputTokens: NO_SAY }

function parameter(value: z.ZodNumber | z.ZodInt, what: string) {
  return z
    .strictObject({
      default: value.optional().describe(`${what} when the call does not say.`),
      max: value.optional().describe('The most a call may ask for; more is clamped.'),
    })
    .refine((section) => section.default === undefined || section.max === undefined || section.default <= section.max, {
      error: 'has a default above its max',
    })
    .transform((section): ParameterPolicy => ({ default: section.default ?? null, max: section.max ?? null }))
}

const parameters = z
  .strictObject({
    temperature: parameter(z.number().min(0).max(2), 'Temperature').optional().describe('Temperature, 0 to 2.'),
    top_p: parameter(z.number().min(0).max(1), 'Top-p').optional().describe('Top-p, 0 to 1.'),
    max_output_tokens: parameter(count(), 'Cap on generated tokens').optional().describe('Cap on generated tokens.'),
  })
  .transform(
    (section): Partial<ParametersConfig> => ({
      ...(section.temperature ? { temperature: section.temperature } : {}),
      ...(section.top_p ? { topP: section.top_p } : {}),
      ...(section.max_output_tokens ? { maxOutputTokens: section.max_output_tokens } : {}),
    }),
  )

const fallback = z
  .union([modelName, z.array(modelName)])
  .transform((written): readonly string[] => (typeof written === 'string' ? [written] : written))
const maxLatencyMs = count()
const maxCost = usd().refine((amount) => amount > 0n, { error: 'must be more than 0' })
const delivery = z.enum(['stream', 'whole'])
const partial = z.enum(['error', 'return'])

const rule = z
  .strictObject({
    if: conditionsSection.describe('What a call must be like, by attribute; all must hold. `{}` is every call.'),
    use: modelName.optional().describe('The model that serves instead of the task’s `default`.'),
    fallback: fallback.optional().describe('What takes over instead of the task’s `fallback`; `[]` is nothing.'),
    max_latency_ms: maxLatencyMs.optional().describe('Instead of the task’s own.'),
    max_cost_usd: maxCost.optional().describe('Instead of the task’s own.'),
    max_input_tokens: count().optional().describe('Instead of the task’s own.'),
    allowed_tools: allowedTools.optional().describe('Instead of the task’s own.'),
    allowed_response_modes: allowedResponseModes.optional().describe('Instead of the task’s own.'),
    parameters: parameters.optional().describe('Instead of the task’s own, each parameter that is written here.'),
    delivery: delivery.optional().describe('Instead of the task’s own.'),
    partial: partial.optional().describe('Instead of the task’s own.'),
  })
  .refine(({ if: _, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    error: 'changes nothing: write `use`, `fallback` or another key beside `if`',
  })
  .transform((section): RuleConfig => {
    const change: { -readonly [Key in keyof RuleConfig['change']]: RuleConfig['change'][Key] } = {}
    if (section.use !== undefined) change.default = section.use
    if (section.fallback !== undefined) change.fallback = section.fallback
    if (section.max_latency_ms !== undefined) change.maxLatencyMs = section.max_latency_ms
    if (section.max_cost_usd !== undefined) change.maxCost = section.max_cost_usd
    if (section.max_input_tokens !== undefined) change.maxInputTokens = section.max_input_tokens
    if (section.allowed_tools !== undefined) change.allowedTools = section.allowed_tools
    if (section.allowed_response_modes !== undefined) change.allowedResponseModes = section.allowed_response_modes
    if (section.parameters !== undefined) change.parameters = section.parameters
    if (section.delivery !== undefined) change.delivery = section.delivery
    if (section.partial !== undefined) change.partial = section.partial
    return { conditions: section.if, change }
  })

const task = z.strictObject({
  default: modelName.describe('The model that does it: a logical one, or `provider/model`.'),
  fallback: fallback.prefault([]).describe('What takes over when the default cannot: a name, or a list in order.'),
  max_latency_ms: count()
    .optional()
    .describe(
      'The deadline of a call, in milliseconds: of the first content of a stream, else of the whole answer. A deployment whose 95th percentile of that was above it lately is skipped.',
    ),
  max_cost_usd: maxCost.optional().describe('A model on which one call could cost more than this is skipped.'),
  requires_citations: z
    .boolean()
    .prefault(false)
    .describe(
      'Whether answers must cite their sources: marks such as `[doc-7]`, held against the ids in the `documents` of the call, or the citations that a provider gives. An answer without is flagged `citations_missing`, one that cites what the call does not have `citations_unknown`, and both count as invalid in the report on quality. Streams are then held until they are whole, unless `delivery` says `stream`.',
    ),
  on_limit: onLimit
    .optional()
    .describe('What happens when a limit or budget has no room for a call. Default `reject`: 429 with `retry-after`.'),
  retry: retrySection
    .optional()
    .describe('How often a deployment that failed is asked again before its first content. Default: once.'),
  fallback_policy: fallbackPolicySection.optional().describe('When another deployment takes over.'),
  response_format: z
    .enum(['json'])
    .optional()
    .describe(
      'What every answer must be. Calls that do not ask for JSON are sent on as if they did, and answers are checked: one that is not JSON, or breaks the schema of the call, is paid for and another is asked for.',
    ),
  on_invalid_output: onInvalidOutputSection
    .optional()
    .describe(
      'What is done about an answer that is not the JSON which the task or the call asks for. Written here, answers are checked also where only the call asks for JSON.',
    ),
  max_input_tokens: count()
    .optional()
    .describe('Longest prompt in tokens; a longer one is 400 `context_length_exceeded`.'),
  allowed_tools: allowedTools
    .optional()
    .describe('Tools that its calls may offer, as in a plan; both must allow a tool. `[]` is none. Default: all.'),
  allowed_response_modes: allowedResponseModes
    .optional()
    .describe('How its answers may be asked for, as in a plan; both must allow it. Default: all.'),
  prompt_version: z
    .enum(['required', 'optional'])
    .prefault('optional')
    .describe(
      'Whether a call must say the version of its prompt; one that must and does not is 400 `metadata_missing`.',
    ),
  timeouts: taskTimeoutsSection
    .optional()
    .describe(
      'Clocks of one attempt, instead of those of its provider: a quick chat is late sooner than one that reasons.',
    ),
  hedge: hedgeSection
    .nullable()
    .prefault(null)
    .describe('A second attempt beside a first one that is silent for long; the first content wins. `null`: none.'),
  canary: canarySection
    .nullable()
    .prefault(null)
    .describe(
      'A model that is tried on a share of the calls which `default` would serve; that takes over where it fails. `null`: none.',
    ),
  shadow: shadowSection
    .nullable()
    .prefault(null)
    .describe(
      'A model that is given copies of a share of the calls, once their callers have their answers. Nobody sees its answers; they are compared. `null`: none.',
    ),
  quality_bar: qualityBarSection
    .nullable()
    .prefault(null)
    .describe('How good a model must be at it, for the report on quality. `null`: nobody says.'),
  promote: promoteSection
    .nullable()
    .prefault(null)
    .describe(
      'Whether a cheaper model of its `canary` or `shadow` becomes the `default` once it is shown to meet the `quality_bar`, and goes back once it is shown to fail it. `null`: never.',
    ),
  parameters: parameters.prefault({}).describe('Defaults and caps of the call’s parameters.'),
  delivery: delivery
    .optional()
    .describe(
      'How a streamed answer is handed over: as it comes, or buffered until it is whole, so that a stream which breaks can still fall back. Default `stream`, and `whole` where answers are checked.',
    ),
  partial: partial
    .prefault('error')
    .describe('What becomes of a streamed answer that was cut: an error, or what came of it, marked incomplete.'),
  when: z
    .array(rule)
    .prefault([])
    .describe('Rules for some of its calls, in order: the first whose `if` fits has its way.'),
})

/** `tasks` */
export const tasksSection = z.record(nameKey, task).transform(
  (record): ReadonlyMap<string, TaskConfig> =>
    new Map(
      Object.entries(record).map(([name, section]) => [
        name,
        {
          name,
          default: section.default,
          fallback: section.fallback,
          maxLatencyMs: section.max_latency_ms ?? null,
          maxCost: section.max_cost_usd ?? null,
          requiresCitations: section.requires_citations,
          onLimit: section.on_limit ?? null,
          retry: section.retry ?? null,
          fallbackPolicy: section.fallback_policy ?? null,
          maxInputTokens: section.max_input_tokens ?? null,
          allowedTools: section.allowed_tools ?? null,
          allowedResponseModes: section.allowed_response_modes ?? null,
          promptVersion: section.prompt_version,
          hedge: section.hedge,
          canary: section.canary,
          shadow: section.shadow,
          qualityBar: section.quality_bar,
          promote: section.promote,
          timeouts: section.timeouts ?? null,
          parameters: { ...NO_PARAMETERS, ...section.parameters },
          responseFormat: section.response_format ?? null,
          onInvalidOutput: section.on_invalid_output ?? null,
          delivery: section.delivery ?? null,
          partial: section.partial,
          rules: section.when,
        },
      ]),
    ),
)
