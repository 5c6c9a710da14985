import * as z from 'zod'
import { explainIssue } from '../config/explain-issue.ts'
import type { SchemaNode } from '../config/json-schema.ts'
import { pathText } from '../config/problem.ts'
import { GatewayError } from '../errors/gateway-error.ts'

/** A JSON body that is what it must be. Throws GatewayError `invalid_request` with the first field that is wrong, and what it must be. */
export function checkedBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const known = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
  const [fault] = result.error.issues.flatMap((issue) => explainIssue(issue, body, known))
  const param = pathText(fault?.path ?? []) || 'body'
  const hint = fault?.suggestion === undefined ? '' : `; did you mean ${JSON.stringify(fault.suggestion)}?`
  const message = `${param} ${fault?.message ?? 'is not valid'}${hint}`
  throw new GatewayError('invalid_request', hint === '' ? `${message}.` : message, { param })
}
