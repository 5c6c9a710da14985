import { ERRORS } from '../../errors/codes.ts'
import type { Description, Operation } from './openapi-operation.ts'
import { OPERATIONS } from './openapi-paths.ts'

const TEXT: Description = { type: 'string' }

const ERROR: Description = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'code'],
      properties: {
        message: TEXT,
        type: TEXT,
        code: { enum: Object.keys(ERRORS) },
        param: { type: ['string', 'null'] },
      },
    },
  },
}

/** What a reply can come as. */
const MEDIA_TYPES: Readonly<Record<NonNullable<Operation['gives']>, readonly string[]>> = {
  json: ['application/json'],
  rows: ['application/json', 'application/x-ndjson', 'text/csv'],
  call: ['application/json', 'text/event-stream'],
  metrics: ['text/plain'],
  page: ['text/html'],
}

/** The OpenAPI 3.1 description of the service. */
export function openApiDocument(): Description {
  const paths: Record<string, Description> = {}
  for (const one of OPERATIONS) paths[one.path] = { ...paths[one.path], [one.method]: described(one) }
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
      schemas: { Error: ERROR },
    },
  }
}

function described({ path, summary, keys, status = 200, body, query = [], gives = 'json' }: Operation): Description {
  const parameter = (place: string) => (name: string) => ({
    name,
    in: place,
    required: place === 'path',
    schema: TEXT,
  })
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const content = Object.fromEntries(MEDIA_TYPES[gives].map((type) => [type, {}]))
  return {
    summary,
    security: keys === 'none' ? [] : [{ bearer: [] }, { apiKey: [] }],
    parameters: [...names.map(parameter('path')), ...query.map(parameter('query'))],
    ...(body
      ? { requestBody: { required: !isOptional(body), content: { 'application/json': { schema: body } } } }
      : {}),
    responses: {
      [status]: { description: 'Done.', ...(status === 204 ? {} : { content }) },
      default: {
        description: 'Refused or failed; `x-headgate-error` holds the code.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

/** A body of which every field may be left out may be left out itself. */
function isOptional({ required }: Description): boolean {
  return Array.isArray(required) && required.length === 0
}
