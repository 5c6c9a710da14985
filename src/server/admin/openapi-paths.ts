import { KILL_SCOPES } from '../../admission/kill-switch-scope.ts'
import { USAGE_GROUPS } from '../../storage/contracts/ledger-reader.ts'

/** A piece of JSON Schema or OpenAPI. */
export type Description = Readonly<Record<string, unknown>>

/** One operation of the service. A test holds this list against the routes that are registered. */
export interface Operation {
  readonly method: 'get' | 'post' | 'delete'
  /** Parameters as `{id}`. */
  readonly path: string
  readonly summary: string
  /** Which keys open it. */
  readonly keys: 'virtual' | 'admin' | 'none'
  /** Of a reply that is none of the errors; 200 by default. */
  readonly status?: 200 | 201 | 204
  readonly body?: Description
  readonly query?: readonly string[]
  /** `rows`: a list as JSON, JSONL or CSV by `accept`. `call`: JSON or a stream of events. `page`: HTML. JSON by default. */
  readonly gives?: 'json' | 'rows' | 'call' | 'page' | 'metrics'
}

const text: Description = { type: 'string' }
const list = (items: Description): Description => ({ type: 'array', items })

function object(required: readonly string[], properties: Description): Description {
  return { type: 'object', required, properties }
}

/** Every operation, in the order of the reference. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    summary:
      'A model call in the format of OpenAI Chat Completions. `model` is a task, a logical model or provider/model.',
    keys: 'virtual',
    body: object(['model', 'messages'], {
      model: text,
      messages: list({ type: 'object' }),
      stream: { type: 'boolean' },
    }),
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1/responses',
    summary: 'A model call in the format of OpenAI Responses, without state: nothing is stored. `model` as above.',
    keys: 'virtual',
    body: object(['model', 'input'], {
      model: text,
      input: { anyOf: [text, list({ type: 'object' })] },
      stream: { type: 'boolean' },
    }),
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:generateContent',
    summary: 'A model call in the format of Gemini. The model in the address is as above.',
    keys: 'virtual',
    body: object(['contents'], { contents: list({ type: 'object' }), generationConfig: { type: 'object' } }),
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:streamGenerateContent',
    summary: 'The same as a stream.',
    keys: 'virtual',
    body: object(['contents'], { contents: list({ type: 'object' }), generationConfig: { type: 'object' } }),
    query: ['alt'],
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1beta/models/{model}:countTokens',
    summary:
      'How many tokens the prompt of such a call has; `x-headgate-token-count` says whether the provider counted.',
    keys: 'virtual',
    body: object([], { contents: list({ type: 'object' }), generateContentRequest: { type: 'object' } }),
  },
  {
    method: 'post',
    path: '/v1/messages',
    summary: 'A model call in the format of Anthropic Messages. `model` as above.',
    keys: 'virtual',
    body: object(['model', 'messages'], {
      model: text,
      messages: list({ type: 'object' }),
      max_tokens: { type: 'integer' },
      stream: { type: 'boolean' },
    }),
    gives: 'call',
  },
  {
    method: 'post',
    path: '/v1/messages/count_tokens',
    summary:
      'How many tokens the prompt of such a call has; `x-headgate-token-count` says whether the provider counted.',
    keys: 'virtual',
    body: object(['model', 'messages'], { model: text, messages: list({ type: 'object' }) }),
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    summary: 'Vectors for texts, in the format of OpenAI embeddings. `model` as above.',
    keys: 'virtual',
    body: object(['model', 'input'], {
      model: text,
      input: { anyOf: [text, list(text)] },
      dimensions: { type: 'integer' },
      encoding_format: text,
    }),
    gives: 'call',
  },
  { method: 'get', path: '/v1/models', summary: 'The names that `model` may hold for this key.', keys: 'virtual' },
  { method: 'get', path: '/v1/models/{model}', summary: 'One of these names.', keys: 'virtual' },
  { method: 'get', path: '/v1beta/models', summary: 'The same names in the shape of Gemini.', keys: 'virtual' },
  { method: 'get', path: '/v1beta/models/{model}', summary: 'One of them in the shape of Gemini.', keys: 'virtual' },
  {
    method: 'post',
    path: '/v1/guard/tool-result',
    summary: 'Judges a tool result: high is blocked, medium is wrapped as untrusted data, low is unchanged.',
    keys: 'virtual',
    body: object(['tool', 'text'], { tool: text, text, risk: text }),
  },
  {
    method: 'post',
    path: '/v1/explain',
    summary:
      'What would become of a call, and why: a call in any format, or { context, input_tokens }. Nothing is run, held or recorded.',
    keys: 'virtual',
    body: object([], {
      context: { type: 'object' },
      input_tokens: { type: 'integer' },
      model: text,
      messages: list({ type: 'object' }),
      dialect: text,
      path: text,
    }),
  },
  {
    method: 'post',
    path: '/v1/feedback',
    summary: 'What a user thought of the answer of a trace of the key’s own tenant: -1 (bad) to 1 (good).',
    keys: 'virtual',
    body: object(['trace_id', 'score'], {
      trace_id: text,
      score: { type: 'number', minimum: -1, maximum: 1 },
      label: text,
      comment: text,
      user_id: text,
    }),
  },
  {
    method: 'get',
    path: '/v1/traces/{id}',
    summary: "One exchange of the key's own tenant: attempts, spans and the decision.",
    keys: 'virtual',
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    summary: "A job of the key's own tenant, with its answer in `response` when it has one.",
    keys: 'virtual',
  },
  {
    method: 'delete',
    path: '/v1/jobs/{id}',
    summary: 'Cancels a job that has not ended. Gives the job.',
    keys: 'virtual',
  },
  {
    method: 'get',
    path: '/v1/responses/{id}',
    summary: 'The job of a Responses call, as a response.',
    keys: 'virtual',
  },
  {
    method: 'post',
    path: '/v1/responses/{id}/cancel',
    summary: 'Cancels it. Gives the response.',
    keys: 'virtual',
  },
  {
    method: 'get',
    path: '/v1/usage',
    summary: "What the key's own tenant used.",
    keys: 'virtual',
    query: ['group_by', 'from', 'to', 'interval'],
  },
  {
    method: 'post',
    path: '/admin/v1/keys',
    summary: 'Makes a virtual key; its text is in this reply, once.',
    keys: 'admin',
    status: 201,
    body: object(['kind'], {
      kind: { enum: ['tenant', 'service', 'admin'] },
      tenant_id: text,
      tenants: list(text),
      name: text,
      defaults: { type: 'object', additionalProperties: text },
      allowed_models: list(text),
      expires_at: { type: 'string', format: 'date-time' },
    }),
  },
  {
    method: 'get',
    path: '/admin/v1/keys',
    summary: 'Virtual keys, newest first; never their text.',
    keys: 'admin',
    query: ['limit', 'cursor'],
    gives: 'rows',
  },
  { method: 'delete', path: '/admin/v1/keys/{id}', summary: 'Revokes a key.', keys: 'admin', status: 204 },
  {
    method: 'get',
    path: '/admin/v1/usage',
    summary: `Usage, summed up by any of ${USAGE_GROUPS.join(', ')}.`,
    keys: 'admin',
    query: ['group_by', 'from', 'to', 'interval', 'tenant_id'],
    gives: 'rows',
  },
  {
    method: 'get',
    path: '/admin/v1/events',
    summary: 'Rows of llm_usage_events, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor', 'tenant_id', 'trace_id', 'status'],
    gives: 'rows',
  },
  {
    method: 'get',
    path: '/admin/v1/traces',
    summary: 'Exchanges, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor', 'tenant_id', 'trace_id', 'status'],
    gives: 'rows',
  },
  { method: 'get', path: '/admin/v1/traces/{id}', summary: 'One exchange of any tenant.', keys: 'admin' },
  {
    method: 'post',
    path: '/admin/v1/policy/simulate',
    summary:
      'What a change of policy would do to requests of the ledger: models, cost, refusals, latency. Writes nothing.',
    keys: 'admin',
    body: object(['policy'], {
      policy: { anyOf: [text, { type: 'object' }] },
      since: text,
      from: text,
      to: text,
      tenant_id: text,
      max_changed: { type: 'integer' },
    }),
  },
  {
    method: 'get',
    path: '/admin/v1/budgets',
    summary: 'Every budget in its open window: limit, spent, held and left, and when it begins again.',
    keys: 'admin',
    query: ['limit', 'cursor'],
    gives: 'rows',
  },
  {
    method: 'post',
    path: '/admin/v1/budgets/adjustments',
    summary: 'Gives back to the open window of a budget, or takes from it when below zero.',
    keys: 'admin',
    status: 201,
    body: object(['scope', 'window', 'reason'], {
      scope: { type: 'object', minProperties: 1 },
      window: { enum: ['minute', 'hour', 'day', 'month'] },
      usd: { type: 'number' },
      tokens: { type: 'integer' },
      requests: { type: 'integer' },
      match: { type: 'object' },
      reason: text,
    }),
  },
  {
    method: 'get',
    path: '/admin/v1/budgets/adjustments',
    summary: 'Corrections of budgets and of presumed costs, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor'],
    gives: 'rows',
  },
  {
    method: 'get',
    path: '/admin/v1/limits',
    summary: 'How the limits on rates and running calls stand now: used, left, and when all of it is back.',
    keys: 'admin',
    query: ['limit', 'cursor'],
    gives: 'rows',
  },
  {
    method: 'get',
    path: '/admin/v1/breakers',
    summary:
      'How breakers stand, by deployment, when one that is open is tried again, and whether all instances share it.',
    keys: 'admin',
    query: ['limit', 'cursor'],
    gives: 'rows',
  },
  {
    method: 'post',
    path: '/admin/v1/kill-switches',
    summary: 'Switches off the calls of a scope, at once and everywhere.',
    keys: 'admin',
    status: 201,
    body: object(['scope', 'reason'], {
      scope: {
        type: 'object',
        minProperties: 1,
        properties: { total: { const: true }, ...Object.fromEntries(KILL_SCOPES.map((name) => [name, text])) },
        additionalProperties: false,
      },
      reason: text,
    }),
  },
  {
    method: 'get',
    path: '/admin/v1/kill-switches',
    summary: 'What is switched off, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor'],
    gives: 'rows',
  },
  {
    method: 'delete',
    path: '/admin/v1/kill-switches/{id}',
    summary: 'Lets calls through again.',
    keys: 'admin',
    status: 204,
    body: object([], { reason: text }),
  },
  {
    method: 'get',
    path: '/admin/v1/alerts',
    summary: 'What operators should know, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor', 'kind'],
    gives: 'rows',
  },
  {
    method: 'get',
    path: '/admin/v1/jobs',
    summary: 'Jobs of all tenants, newest first, without what was asked and answered.',
    keys: 'admin',
    query: ['limit', 'cursor', 'tenant_id', 'status'],
    gives: 'rows',
  },
  { method: 'get', path: '/admin/v1/jobs/{id}', summary: 'One of them.', keys: 'admin' },
  {
    method: 'delete',
    path: '/admin/v1/jobs/{id}',
    summary: 'Cancels a job that has not ended. Gives the job.',
    keys: 'admin',
  },
  {
    method: 'get',
    path: '/admin/v1/audit',
    summary: 'What operators did, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor', 'actor', 'subject'],
    gives: 'rows',
  },
  {
    method: 'post',
    path: '/admin/v1/session',
    summary: 'Signs in to the console with an admin key; sets a cookie.',
    keys: 'none',
    status: 204,
    body: object(['admin_key'], { admin_key: text }),
  },
  { method: 'delete', path: '/admin/v1/session', summary: 'Signs out of the console.', keys: 'none', status: 204 },
  { method: 'get', path: '/livez', summary: 'The process answers.', keys: 'none' },
  {
    method: 'get',
    path: '/readyz',
    summary: 'The gateway takes calls; 503 while it drains or its ledger is away.',
    keys: 'none',
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Figures for Prometheus. Without a key on a loopback host or the admin port.',
    keys: 'none',
    gives: 'metrics',
  },
  { method: 'get', path: '/openapi.json', summary: 'This description.', keys: 'none' },
  {
    method: 'get',
    path: '/console',
    summary: 'The console, a page that asks the admin API.',
    keys: 'none',
    gives: 'page',
  },
]
