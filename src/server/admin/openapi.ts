import { ERRORS } from '../../errors/codes.ts'
import { USAGE_GROUPS } from '../../storage/contracts/ledger-reader.ts'

type Json = Record<string, unknown>

interface Path {
  readonly method: 'get' | 'post' | 'delete'
  readonly path: string
  readonly summary: string
  readonly keys: 'virtual' | 'admin' | 'none'
  readonly status?: number
  readonly body?: Json
  readonly query?: readonly string[]
}

const object = (required: readonly string[], properties: Json): Json => ({ type: 'object', required, properties })
const text: Json = { type: 'string' }
const list = (items: Json): Json => ({ type: 'array', items })

const PATHS: readonly Path[] = [
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
  },
  {
    method: 'post',
    path: '/v1/messages',
    summary: 'A model call in the format of Anthropic Messages.',
    keys: 'virtual',
    body: object(['model', 'messages'], {
      model: text,
      messages: list({ type: 'object' }),
      max_tokens: { type: 'integer' },
    }),
  },
  { method: 'get', path: '/v1/models', summary: 'The names that `model` may hold for this key.', keys: 'virtual' },
  {
    method: 'post',
    path: '/v1/guard/tool-result',
    summary: 'Judges a tool result: high is blocked, medium is wrapped as untrusted data, low is unchanged.',
    keys: 'virtual',
    body: object(['tool', 'text'], { tool: text, text, risk: text }),
  },
  {
    method: 'get',
    path: '/v1/traces/{id}',
    summary: 'One exchange: attempts, spans and the decision.',
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
    summary: 'Virtual keys, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor'],
  },
  { method: 'delete', path: '/admin/v1/keys/{id}', summary: 'Revokes a key.', keys: 'admin', status: 204 },
  {
    method: 'get',
    path: '/admin/v1/usage',
    summary: `Usage, summed up by any of ${USAGE_GROUPS.join(', ')}.`,
    keys: 'admin',
    query: ['group_by', 'from', 'to', 'interval', 'tenant_id'],
  },
  {
    method: 'get',
    path: '/admin/v1/events',
    summary: 'Rows of llm_usage_events, newest first; JSON, JSONL or CSV.',
    keys: 'admin',
    query: ['limit', 'cursor', 'tenant_id', 'trace_id', 'status'],
  },
  {
    method: 'get',
    path: '/admin/v1/traces',
    summary: 'Exchanges, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor', 'tenant_id', 'status'],
  },
  { method: 'get', path: '/admin/v1/traces/{id}', summary: 'One exchange of any tenant.', keys: 'admin' },
  { method: 'get', path: '/admin/v1/budgets', summary: 'Budget windows: limit, spent, held, left.', keys: 'admin' },
  { method: 'get', path: '/admin/v1/audit', summary: 'What operators did.', keys: 'admin', query: ['limit', 'cursor'] },
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
]

/** The OpenAPI 3.1 description of the service. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {}
  for (const path of PATHS) paths[path.path] = { ...paths[path.path], [path.method]: operation(path) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Headgate',
      version: '0.1.0',
      description: 'An LLM gateway: routes, budgets, prices, guards and records every model call.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: {
        Error: object(['error'], {
          error: object(['message', 'code'], {
            message: text,
            type: text,
            code: { enum: Object.keys(ERRORS) },
            param: { type: ['string', 'null'] },
          }),
        }),
      },
    },
  }
}

function operation({ path, summary, keys, status = 200, body, query }: Path): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }))
  const inQuery = (query ?? []).map((name) => ({ name, in: 'query', schema: text }))
  const security = keys === 'none' ? {} : { security: [{ bearer: [] }, { apiKey: [] }] }
  return {
    summary,
    ...security,
    parameters: [...inPath, ...inQuery],
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      [status]: { description: 'Done.' },
      default: {
        description: 'Refused or failed; `x-headgate-error` holds the code.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}
