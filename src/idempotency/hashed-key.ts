import { createHash } from 'node:crypto'
import { GatewayError } from '../errors/gateway-error.ts'
import type { HashedKey } from '../storage/contracts/idempotency-store.ts'

/** The longest idempotency key, in characters. */
export const LONGEST_KEY = 255

/** Whose key it is, and the key. */
export interface OwnedKey {
  readonly tenantId: string
  /** The virtual key's id, or what stands for it where none is used. */
  readonly owner: string
  readonly key: string
  /** How the caller wrote it: the header's or the field's name. */
  readonly param: string
}

/** The key as it is stored. Throws GatewayError `invalid_request` when it is empty or too long. */
export function hashedKey({ tenantId, owner, key, param }: OwnedKey): HashedKey {
  const { length } = key
  if (length === 0 || length > LONGEST_KEY) {
    throw new GatewayError('invalid_request', `${param} must have 1 to ${LONGEST_KEY} characters; it has ${length}.`, {
      param,
    })
  }
  const keyHash = createHash('sha256')
    .update(JSON.stringify([owner, key]))
    .digest('hex')
  return { tenantId, keyHash }
}
