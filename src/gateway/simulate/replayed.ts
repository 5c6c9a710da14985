import * as z from 'zod'
import type { CallContext } from '../../access/context.ts'
import { contextOf, UNNAMED } from '../../access/context-of.ts'
import { COMPLEXITIES, type Complexity } from '../../canonical/call-words.ts'
import { CAPABILITIES } from '../../canonical/capability.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import { SHADOW_TENANT } from '../../canonical/shadow-tenant.ts'
import type { Usage } from '../../canonical/usage.ts'
import { DIALECTS } from '../../dialects/registry.ts'
import { USAGE_NAMES } from '../../policy/replay/asked-record.ts'
import { type Recorded, RecordedSignals, type ReplayRequest } from '../../policy/replay/replay-request.ts'
import type { AskedRequest } from '../../storage/contracts/ledger-reader.ts'
import { complexitySaid } from '../supposed-values.ts'

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const NAMES = [...DIALECTS.keys()]
const counters = Object.values(USAGE_NAMES)

/** What the ledger keeps of a decision: `llm_requests.asked`. Fields that it does not know are passed over. */
export const askedFields = z.object({
  context: z.record(z.string(), z.unknown()).optional(),
  prompt: z
    .object({ bytes: count, images: count.optional(), tools: z.boolean().optional(), tokens: count.optional() })
    .optional(),
  allowed_models: z.array(z.string()).nullish(),
  max_output_tokens: count.nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  choices: count.nullish(),
  reasoning_budget: count.nullish(),
  needs: z.array(z.enum(CAPABILITIES)).nullish(),
  response_mode: z.enum(['text', 'json', 'json_schema']).nullish(),
  tools: z.array(z.string()).nullish(),
  documents: count.nullish(),
  complexity: z.union([complexitySaid, z.object({ label: z.enum(COMPLEXITIES), score: z.number() })]).nullish(),
  budget_used: z.number().nullish(),
  prefix: z.string().nullish(),
  usage: z.object(Object.fromEntries(counters.map((name) => [name, count.optional()]))).nullish(),
})
/** The same, checked. */
export type AskedFields = z.output<typeof askedFields>

/** What is known of a request beside what its decision was asked. */
export interface RequestFacts {
  readonly traceId: string
  readonly createdAt: number | null
  readonly model: string
  /** By snake_case names. */
  readonly context: Readonly<Record<string, unknown>>
  readonly dialect: DialectName | null
  readonly stream: boolean
  /** What the answer used, where `asked.usage` does not say; undefined: it does. */
  readonly usage: Usage | null | undefined
  readonly recorded: Recorded
  /** How hard it is, where the call itself is at hand and nobody had asked. */
  readonly complexity?: () => Complexity
}

/** A request to decide again. */
export function replayRequest(asked: AskedFields, facts: RequestFacts): ReplayRequest {
  const { traceId, context, model } = facts
  const responseMode = asked.response_mode ?? 'text'
  const { bytes = 0, images = 0, tools = false, tokens } = asked.prompt ?? {}
  return {
    traceId,
    createdAt: facts.createdAt,
    usage: facts.usage === undefined ? usageOf(asked.usage) : facts.usage,
    recorded: facts.recorded,
    ask: {
      model,
      traceId,
      context: callContext(context),
      keyAllowedModels: asked.allowed_models ?? null,
      prompt: { textBytes: bytes, images, tools, ...(tokens === undefined ? {} : { tokens }) },
      inboundDialect: facts.dialect,
      streams: facts.stream,
      requiresJson: responseMode !== 'text',
      needs: asked.needs ?? ['chat'],
      choices: asked.choices ?? 1,
      ...(typeof asked.max_output_tokens === 'number' ? { maxOutputTokens: asked.max_output_tokens } : {}),
      ...(typeof asked.temperature === 'number' ? { temperature: asked.temperature } : {}),
      ...(typeof asked.top_p === 'number' ? { topP: asked.top_p } : {}),
      ...(typeof asked.reasoning_budget === 'number' ? { reasoningTokens: asked.reasoning_budget } : {}),
      signals: new RecordedSignals(
        {
          responseMode,
          tools: asked.tools === undefined ? [] : asked.tools,
          documents: asked.documents ?? null,
          get complexity() {
            return asked.complexity ?? facts.complexity?.()
          },
          budgetUsed: asked.budget_used,
          prefix: asked.prefix ?? undefined,
        },
        traceId,
      ),
    },
  }
}

/** A stored request to decide again, or why it is left out. */
export function storedRequest(row: AskedRequest): ReplayRequest | string {
  if (row.status === 'cached') return 'answered without a model'
  if (row.tenantId === SHADOW_TENANT) return 'a copy of another call, for comparison'
  if (row.asked === null) {
    return row.status === 'refused' ? 'refused before routing' : 'recorded by a version that kept too little'
  }
  const read = askedFields.safeParse(row.asked)
  if (!read.success) return 'recorded by a version that this one does not understand'
  return replayRequest(read.data, {
    traceId: row.traceId,
    createdAt: row.createdAt,
    model: row.requestedModel,
    context: { ...read.data.context, tenant_id: row.tenantId, user_id: row.userId, feature: row.feature },
    dialect: dialectNamed(row.dialect),
    stream: row.stream,
    usage: undefined,
    recorded: {
      model: row.servedModel,
      refusal: row.status === 'refused' ? (row.errorCode ?? 'refused') : null,
      fellBack: row.fallbackReason !== null,
      cost: row.cost,
      latencyMs: row.latencyMs,
    },
  })
}

/** A wire format by its name; null for calls of the library. */
export function dialectNamed(name: string | null | undefined): DialectName | null {
  return NAMES.find((one) => one === name) ?? null
}

function usageOf(counts: AskedFields['usage']): Usage | null {
  if (!counts) return null
  const usage: Partial<Record<keyof typeof USAGE_NAMES, number>> = {}
  for (const counter in USAGE_NAMES) {
    const name = counter as keyof typeof USAGE_NAMES
    const units = counts[USAGE_NAMES[name]]
    if (typeof units === 'number') usage[name] = units
  }
  return usage
}

/** Plan and residency are the policy's, and are filled in by each side. */
function callContext(values: Readonly<Record<string, unknown>>): CallContext {
  const text = (name: string): string | null => {
    const value = values[name]
    return value === undefined || value === null || value === '' ? null : String(value)
  }
  return contextOf(text, {
    tenantId: text('tenant_id') ?? UNNAMED,
    userId: text('user_id'),
    task: text('task'),
    plan: null,
    region: text('region'),
  })
}
