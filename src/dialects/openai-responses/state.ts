import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'

/*
 * What this API would keep at the provider, and how it would be named in later calls. All tenants share the operator's account there, so such a name
 * would open one tenant's conversation to another; and nothing is left at a provider behind the operator's back. The decision:
 * docs/decisions/0005-responses-without-state.md
 */

const WHOLE_INPUT = 'send the whole conversation in input (with store: false most SDKs do so themselves)'

const REFUSED: readonly { readonly field: string; readonly why: string }[] = [
  { field: 'previous_response_id', why: `no answer is kept that a later call could go on from; ${WHOLE_INPUT}.` },
  { field: 'conversation', why: `no conversation is kept between calls; ${WHOLE_INPUT}.` },
  {
    field: 'background',
    why: 'true makes a job of a call, but not where x-headgate-mode says foreground; leave it out and wait for the answer.',
  },
  {
    field: 'prompt',
    why: 'stored prompts belong to the provider’s account; write the prompt into instructions and input.',
  },
]

/** Throws GatewayError `unsupported_parameter` for a request that goes on from, or leaves, something that the provider keeps. */
export function refuseState(body: JsonObject): void {
  for (const { field, why } of REFUSED) {
    const value = body[field] ?? false
    if (value !== false) throw new GatewayError('unsupported_parameter', `${field}: ${why}`, { param: field })
  }
}

/** The refusal of an item that only names what a provider keeps; `path` leads to it. */
export function refusedReference(path: string): GatewayError {
  return new GatewayError(
    'unsupported_parameter',
    `${path}: no item is kept that could be referred to; ${WHOLE_INPUT}.`,
    {
      param: path,
    },
  )
}
