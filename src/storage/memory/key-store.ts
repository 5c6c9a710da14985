import { randomBytes } from 'node:crypto'
import { GatewayError } from '../../errors/gateway-error.ts'
import { KEY_COLUMNS } from '../columns/key-columns.ts'
import type { KeyRow, KeyStore } from '../contracts/key-store.ts'
import { memoryPage } from './page.ts'
import { asStored } from './rows.ts'

const SECRET_BYTES = 32

/** Virtual keys in memory. */
export function createMemoryKeys(): KeyStore {
  const secret = randomBytes(SECRET_BYTES).toString('hex')
  const keys = new Map<string, KeyRow>()
  return {
    async macSecret() {
      return secret
    },

    async insert(row) {
      if (keys.has(row.id) || [...keys.values()].some((key) => key.mac === row.mac)) {
        throw new GatewayError('ledger_unavailable', 'A virtual key with this id or secret exists already.')
      }
      keys.set(row.id, asStored(KEY_COLUMNS, row))
    },

    async findByMac(mac) {
      return [...keys.values()].find((key) => key.mac === mac) ?? null
    },

    async list(query) {
      return memoryPage(keys.values(), query, (key) => ({ at: key.createdAt, id: key.id }))
    },

    async revoke(id, nowMs) {
      const key = keys.get(id)
      if (!key) return false
      keys.set(id, { ...key, revokedAt: key.revokedAt ?? nowMs })
      return true
    },

    async revokedSince(sinceMs) {
      return [...keys.values()]
        .filter((key) => key.revokedAt !== null && key.revokedAt >= sinceMs)
        .map((key) => key.mac)
    },
  }
}
