import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { GatewayError } from '../../errors/gateway-error.ts'
import { bodyOf, timeSaid } from './ask.ts'

const schema = z.strictObject({
  kind: z.enum(['tenant', 'service']),
  name: z.string().min(1).optional(),
  policy: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  at: timeSaid.optional(),
})

describe('a body that is wrong', () => {
  it.each<[object | undefined, string, string]>([
    [undefined, 'kind', 'kind is missing; it must be one of tenant, service.'],
    [{ kind: 'tenent' }, 'kind', 'kind must be one of tenant, service; did you mean "tenant"?'],
    [{ kind: 'tenant', name: 5 }, 'name', 'name must be text, not a number; put it in quotes.'],
    [{ kind: 'tenant', policy: 5 }, 'policy', 'policy must be text or a mapping, not a number.'],
    [{ kind: 'tenant', at: 'soon' }, 'at', 'at must be an ISO time such as 2027-01-01T00:00:00Z.'],
    [{ kind: 'tenant', nam: 'x' }, 'nam', 'nam is not a key here; did you mean "name"?'],
  ])('%j is refused with the field, and with what it must be', (body, param, message) => {
    const refusal = () => bodyOf(schema, body)
    expect(refusal).toThrow(GatewayError)
    expect(refusal).toThrow(expect.objectContaining({ code: 'invalid_request', param, message }))
  })
})
