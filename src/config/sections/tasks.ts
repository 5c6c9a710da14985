import * as z from 'zod'
import type { NanoUsd } from '../../canonical/money.ts'
import { count, modelName, nameKey, usd } from '../values.ts'
import { type FallbackPolicyConfig, fallbackPolicySection, type RetryConfig, retrySection } from './failure-handling.ts'
import { type OnLimitConfig, onLimit } from './on-limit.ts'

/** A parameter of a call as policy sees it: what it is when the call is silent, and the most it may be. Null is no say. */
export interface ParameterPolicy {
  readonly default: number | null
  readonly max: number | null
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
  /** Recorded and shown; answers are not checked for it. */
  readonly requiresCitations: boolean
  /** What happens when a limit or budget has no room for a call; null leaves it to the limit. */
  readonly onLimit: OnLimitConfig | null
  /** Null: as for calls of no task. */
  readonly retry: RetryConfig | null
  /** Null: as for calls of no task. */
  readonly fallbackPolicy: FallbackPolicyConfig | null
  readonly parameters: { readonly temperature: ParameterPolicy; readonly maxOutputTokens: ParameterPolicy }
  /** How a streamed answer is handed over: as it comes, or once it is whole. */
  readonly delivery: 'stream' | 'whole'
  /** What becomes of an answer that was cut: an error, or what came of it, marked incomplete. */
  readonly partial: 'error' | 'return'
}

const NO_SAY: ParameterPolicy = { default: null, max: null }

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
    max_output_tokens: parameter(count(), 'Cap on generated tokens').optional().describe('Cap on generated tokens.'),
  })
  .transform((section): TaskConfig['parameters'] => ({
    temperature: section.temperature ?? NO_SAY,
    maxOutputTokens: section.max_output_tokens ?? NO_SAY,
  }))

const task = z.strictObject({
  default: modelName.describe('The model that does it: a logical one, or `provider/model`.'),
  fallback: z
    .union([modelName, z.array(modelName)])
    .prefault([])
    .describe('What takes over when the default cannot: a name, or a list in order.'),
  max_latency_ms: count()
    .optional()
    .describe(
      'The deadline of a call, in milliseconds: of the first content of a stream, else of the whole answer. A deployment whose 95th percentile of that was above it lately is skipped.',
    ),
  max_cost_usd: usd()
    .refine((amount) => amount > 0n, { error: 'must be more than 0' })
    .optional()
    .describe('A model on which one call could cost more than this is skipped.'),
  requires_citations: z
    .boolean()
    .prefault(false)
    .describe('Says that answers must cite their sources. Recorded with the task; answers are not checked yet.'),
  on_limit: onLimit
    .optional()
    .describe('What happens when a limit or budget has no room for a call. Default `reject`: 429 with `retry-after`.'),
  retry: retrySection
    .optional()
    .describe('How often a deployment that failed is asked again before its first content. Default: once.'),
  fallback_policy: fallbackPolicySection.optional().describe('When another deployment takes over.'),
  parameters: parameters.prefault({}).describe('Defaults and caps of the call’s parameters.'),
  delivery: z
    .enum(['stream', 'whole'])
    .prefault('stream')
    .describe(
      'How a streamed answer is handed over: as it comes, or buffered until it is whole, so that a stream which breaks can still fall back.',
    ),
  partial: z
    .enum(['error', 'return'])
    .prefault('error')
    .describe('What becomes of a streamed answer that was cut: an error, or what came of it, marked incomplete.'),
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
          fallback: typeof section.fallback === 'string' ? [section.fallback] : section.fallback,
          maxLatencyMs: section.max_latency_ms ?? null,
          maxCost: section.max_cost_usd ?? null,
          requiresCitations: section.requires_citations,
          onLimit: section.on_limit ?? null,
          retry: section.retry ?? null,
          fallbackPolicy: section.fallback_policy ?? null,
          parameters: section.parameters,
          delivery: section.delivery,
          partial: section.partial,
        },
      ]),
    ),
)
