/*
 * Requests as lines of JSON, to be decided again: what somebody wrote by hand, rows of `GET /admin/v1/traces`, or rows of `GET /admin/v1/events`. What a line
 * does not say has its usual value.
 */
import * as z from 'zod'
import { CONTEXT_FIELDS, checkedValue } from '../../access/context-fields.ts'
import { nanoUsdFrom } from '../../canonical/money.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { ReplayRequest } from '../../policy/replay/replay-request.ts'
import { rawCallIn } from './raw-call.ts'
import { type AskedFields, askedFields, dialectNamed, replayRequest } from './replayed.ts'
import { wireUsageIn } from './wire-usage.ts'

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const name = z.string().min(1).max(512)

/** Fields of a line beside those of `asked`, which may stand here or there. */
const line = askedFields.extend({
  model: name.nullish(),
  requested_model: name.nullish(),
  route: z.string().nullish(),
  provider: z.string().nullish(),
  served_model: z.string().nullish(),
  attempt: count.nullish(),
  trace_id: z.string().max(512).nullish(),
  created_at: z.string().nullish(),
  dialect: z.string().nullish(),
  stream: z.boolean().nullish(),
  status: z.string().nullish(),
  error_code: z.string().nullish(),
  fallback: z.string().nullish(),
  cost_usd: z.number().min(0).nullish(),
  latency_ms: z.number().min(0).nullish(),
  input_tokens: count.nullish(),
  output_tokens: count.nullish(),
  cached_tokens: count.nullish(),
  cache_write_tokens: count.nullish(),
  reasoning_tokens: count.nullish(),
  asked: askedFields.nullish(),
})

/** One request of a file, or why it is left out. Throws GatewayError `invalid_request` with the field that is wrong. */
export function readRequestLine(value: unknown, number: number): ReplayRequest | string {
  if (!isObject(value)) throw new GatewayError('invalid_request', 'it must be a JSON object.')
  const raw = rawCallIn(value, taskIn(value))
  const read = line.safeParse(raw?.rest ?? value)
  if (!read.success) {
    const [issue] = read.error.issues
    const path = issue?.path.join('.') || 'line'
    throw new GatewayError('invalid_request', `${path}: ${issue?.message ?? 'is not valid'}.`, { param: path })
  }
  const { asked, ...fields } = read.data
  const isEvent = typeof fields.attempt === 'number'
  if (isEvent && fields.status === 'failed') return 'an attempt that failed'
  if (fields.status === 'cached') return 'answered without a model'
  const said: AskedFields = raw ? { ...raw.asked, ...known(asked ?? fields) } : (asked ?? fields)
  const context = contextOf(raw?.rest ?? value, raw?.said)
  // A line may say what `POST /v1/explain` is told: its task alone, which is then what it asked for.
  const model =
    (isEvent ? (text(value, 'task') ?? fields.route) : fields.requested_model) ??
    raw?.model ??
    fields.model ??
    context.task
  if (!model) {
    throw new GatewayError('invalid_request', 'model is missing: what the request asked for, or a task.', {
      param: 'model',
    })
  }
  const served = isEvent
    ? fields.provider && fields.model && `${fields.provider}/${fields.model}`
    : (fields.served_model ?? (fields.requested_model ? fields.model : null))
  const refused = fields.status === 'refused'
  const inputTokens = fields.input_tokens ?? null
  const dialect = raw?.dialect ?? dialectNamed(fields.dialect)
  const used = wireUsageIn(raw?.rest ?? value, dialect) ?? (said.usage ? undefined : usageOf(fields))
  return replayRequest(
    {
      ...said,
      ...(said.prompt || inputTokens === null ? {} : { prompt: { bytes: inputTokens * 4, tokens: inputTokens } }),
    },
    {
      traceId: fields.trace_id || `line ${number}`,
      createdAt: instant(fields.created_at),
      model,
      context,
      dialect,
      stream: raw?.stream ?? fields.stream ?? false,
      ...(raw ? { complexity: raw.complexity } : {}),
      usage: refused ? null : used,
      recorded: {
        model: served || null,
        refusal: refused ? (fields.error_code ?? 'refused') : null,
        fellBack: Boolean(fields.fallback) || (fields.attempt ?? 0) > 1,
        cost: typeof fields.cost_usd === 'number' ? nanoUsdFrom(fields.cost_usd) : null,
        latencyMs: fields.latency_ms ?? null,
      },
    },
  )
}

/** The task of a line with a call that names none as its model. */
function taskIn({ context, task }: JsonObject): string | null {
  const said = (isObject(context) ? context.task : undefined) ?? task
  return typeof said === 'string' && said !== '' ? said : null
}

/** Without what is not said: that must not hide what a call says. */
function known(fields: AskedFields): AskedFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}

/** Attributes in `context`, in `asked.context`, beside the other fields as rows of the ledger have them, or in what the call itself says. */
function contextOf(value: JsonObject, said: JsonObject = {}): Record<string, string | null> {
  const { asked, context } = value
  const places = [context, isObject(asked) ? asked.context : undefined, value, said].filter(isObject)
  const found: Record<string, string | null> = {}
  for (const { name: attribute, rule } of CONTEXT_FIELDS) {
    const place = places.find((one) => one[attribute] !== undefined && one[attribute] !== null)
    if (place) found[attribute] = checkedValue(rule, place[attribute], `context.${attribute}`)
  }
  return found
}

type Counts = {
  readonly [name in `${'input' | 'output' | 'cached' | 'cache_write' | 'reasoning'}_tokens`]?: number | null | undefined
}

function usageOf({ input_tokens: input, output_tokens: output, ...more }: Counts) {
  if (typeof input !== 'number' && typeof output !== 'number') return null
  const cacheRead = more.cached_tokens ?? 0
  const cacheWrite5m = more.cache_write_tokens ?? 0
  const reasoning = more.reasoning_tokens ?? 0
  return {
    inputUncached: Math.max(0, (input ?? 0) - cacheRead - cacheWrite5m),
    cacheRead,
    cacheWrite5m,
    outputText: Math.max(0, (output ?? 0) - reasoning),
    reasoning,
  }
}

function instant(written: string | null | undefined): number | null {
  const at = written ? Date.parse(written) : Number.NaN
  return Number.isNaN(at) ? null : at
}

function text(value: JsonObject, key: string): string | null {
  const found = value[key]
  return typeof found === 'string' && found !== '' ? found : null
}
