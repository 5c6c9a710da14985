import * as z from 'zod'
import { COMPLEXITIES, QUALITIES, RISKS, SENSITIVITIES } from '../../canonical/call-words.ts'

/** What one attribute of a call must be. All that is written must hold; what is absent is not asked. */
export interface ConditionConfig {
  /** One of these. */
  readonly anyOf?: readonly ConditionValue[]
  /** None of these. */
  readonly not?: readonly ConditionValue[]
  readonly gt?: number
  readonly gte?: number
  readonly lt?: number
  readonly lte?: number
}

/** What an attribute is compared with. */
export type ConditionValue = string | number | boolean

type Bounds = Readonly<Partial<Record<'gt' | 'gte' | 'lt' | 'lte', number | undefined>>>
type Written<Value> = Value | readonly Value[]

/** A value, or a list of which one must fit. */
function written<Value extends z.ZodType<ConditionValue>>(value: Value) {
  return z.union([value, z.array(value).min(1)])
}

function listOf<Value>(one: Written<Value>): readonly Value[] {
  return Array.isArray(one) ? one : [one as Value]
}

function conditionOf(
  { not, ...bounds }: Bounds & { readonly not?: Written<ConditionValue> | undefined },
  context: z.core.$RefinementCtx,
): ConditionConfig {
  const condition: { -readonly [Key in keyof ConditionConfig]: ConditionConfig[Key] } = {}
  if (not !== undefined) condition.not = listOf(not)
  for (const name of ['gt', 'gte', 'lt', 'lte'] as const) {
    const bound = bounds[name]
    if (bound !== undefined) condition[name] = bound
  }
  if (Object.keys(condition).length === 0 && context.issues.length === 0)
    context.addIssue({ code: 'custom', message: 'says nothing; leave the attribute out if it does not matter' })
  return condition
}

function anyOf(values: readonly ConditionValue[]): ConditionConfig {
  return { anyOf: values }
}

/** An attribute that is a word or a text: a value, a list of them, or `{ not: … }`. */
function texts<Value extends z.ZodType<ConditionValue>>(value: Value, what: string) {
  const not = written(value).optional().describe('None of these; also fits calls that do not have the attribute.')
  return z
    .union([
      value.transform((one) => anyOf([one])),
      z.array(value).min(1).transform(anyOf),
      z.strictObject({ not }).transform(conditionOf),
    ])
    .optional()
    .describe(what)
}

/** An attribute that is measured: what `value` takes, or bounds on a number. */
function measured<Value extends z.ZodType<ConditionValue>>(value: Value, number: z.ZodNumber | z.ZodInt, what: string) {
  const bounds = {
    gt: number.optional().describe('More than this.'),
    gte: number.optional().describe('This or more.'),
    lt: number.optional().describe('Less than this.'),
    lte: number.optional().describe('This or less.'),
    not: written(value).optional().describe('None of these; also fits calls that do not have the attribute.'),
  }
  return z
    .union([
      value.transform((one) => anyOf([one])),
      z.array(value).min(1).transform(anyOf),
      z
        .strictObject(bounds)
        .refine(isSatisfiable, { error: 'fits no number: its bounds exclude one another' })
        .transform(conditionOf),
    ])
    .optional()
    .describe(what)
}

function isSatisfiable({ gt, gte, lt, lte }: Bounds): boolean {
  const least = Math.max(gt ?? Number.NEGATIVE_INFINITY, gte ?? Number.NEGATIVE_INFINITY)
  const most = Math.min(lt ?? Number.POSITIVE_INFINITY, lte ?? Number.POSITIVE_INFINITY)
  return least < most || (least === most && gt !== least && lt !== most)
}

const text = z.string().min(1).max(256)
const whole = z.int().min(0).max(1_000_000_000_000)
const amount = z.number().min(0).max(1_000_000_000)
const share = z.number().min(0).max(1)

const shape = {
  tenant_id: texts(text, 'The tenant’s id.'),
  user_id: texts(text, 'The user’s id.'),
  team_id: texts(text, 'The team’s id.'),
  feature: texts(text, 'The feature’s name.'),
  task: texts(text, 'The task that the call names.'),
  plan: texts(text, 'The name of the tenant’s plan.'),
  risk: texts(z.enum(RISKS), 'The call’s risk; `read_only` when it does not say.'),
  quality: texts(z.enum(QUALITIES), 'The quality that the call wants.'),
  priority: texts(text, 'The call’s priority.'),
  visibility: texts(text, 'Who will see the answer, in words of your own.'),
  data_sensitivity: texts(z.enum(SENSITIVITIES), 'The sensitivity of the call’s data.'),
  region: texts(text, 'The tenant’s region, else the call’s own.'),
  latency_target_ms: measured(whole, whole, 'How soon the call wants its answer.'),
  max_cost_usd: measured(amount, amount, 'What the call itself may cost.'),
  prompt_version: texts(text, 'The version of the call’s prompt.'),
  run_id: texts(text, 'The agent run that the call is part of.'),
  retrieved_documents: measured(
    whole,
    whole,
    'How many documents were found for the call: what it says, else how many it carries in `documents`.',
  ),
  permission_scope: texts(text, 'The permission scope of what the call saw.'),
  input_tokens: measured(
    whole,
    whole,
    'Tokens of the prompt, as estimated for the first deployment of the task’s default.',
  ),
  complexity: measured(
    z.enum(COMPLEXITIES),
    share,
    'How hard the call is: a word, or bounds on its score from 0 to 1.',
  ),
  requires_json: z
    .boolean()
    .transform((wanted): ConditionConfig => ({ anyOf: [wanted] }))
    .optional()
    .describe('Whether the call asks for JSON.'),
  budget_used: measured(
    share,
    share,
    'How full the fullest budget is that the call is in, from 0 to 1, as far as this instance knows.',
  ),
} as const

/** What a rule may look at. */
export type ConditionAttribute = keyof typeof shape

/** The attributes of a call that rules may look at. */
export const CONDITION_ATTRIBUTES = Object.keys(shape) as readonly ConditionAttribute[]

/** `tasks.*.when[].if`: conditions by attribute; all must hold. */
export const conditionsSection = z.strictObject(shape).transform((section) => {
  const conditions = new Map<ConditionAttribute, ConditionConfig>()
  for (const attribute of CONDITION_ATTRIBUTES) {
    const condition = section[attribute]
    if (condition !== undefined) conditions.set(attribute, condition)
  }
  return conditions as ReadonlyMap<ConditionAttribute, ConditionConfig>
})
