import { describe } from 'vitest'
import { alertStoreContract } from '../contracts/alert-store.contract.ts'
import { auditLogContract } from '../contracts/audit-log.contract.ts'
import { feedbackStoreContract } from '../contracts/feedback-store.contract.ts'
import { idempotencyStoreContract } from '../contracts/idempotency-store.contract.ts'
import { jobStoreContract } from '../contracts/job-store.contract.ts'
import { keyStoreContract } from '../contracts/key-store.contract.ts'
import { killSwitchStoreContract } from '../contracts/kill-switch-store.contract.ts'
import { ledgerModelContract } from '../contracts/ledger-model.contract.ts'
import { ledgerReaderContract } from '../contracts/ledger-reader.contract.ts'
import { ledgerStoreContract } from '../contracts/ledger-store.contract.ts'
import { policyStoreContract } from '../contracts/policy-store.contract.ts'
import { qualityEvidenceContract } from '../contracts/quality-evidence.contract.ts'
import type { OpenStorage } from '../contracts/samples.contract.ts'
import { spanStoreContract } from '../contracts/span-store.contract.ts'
import { tokenGrowthContract } from '../contracts/token-growth.contract.ts'
import { openMemoryStorage } from './open.ts'

const open: OpenStorage = async () => {
  let nowMs = Date.now()
  const storage = openMemoryStorage({ clock: { now: () => nowMs, monotonic: () => nowMs } })
  return {
    storage,
    letTimePass: async (ms) => {
      nowMs += ms
    },
    close: () => storage.close(),
  }
}

describe('the memory ledger', () => ledgerStoreContract(open))
describe('the memory ledger against the model', () => ledgerModelContract(open, 300))
describe('the memory reader', () => ledgerReaderContract(open))
describe('virtual keys in memory', () => keyStoreContract(open))
describe('the audit log in memory', () => auditLogContract(open))
describe('kill switches in memory', () => killSwitchStoreContract(open))
describe('jobs in memory', () => jobStoreContract(open))
describe('alerts in memory', () => alertStoreContract(open))
describe('policy versions in memory', () => policyStoreContract(open))
describe('idempotency keys in memory', () => idempotencyStoreContract(open))
describe('feedback in memory', () => feedbackStoreContract(open))
describe('spans of applications in memory', () => spanStoreContract(open))
describe('how models do in memory', () => qualityEvidenceContract(open))
describe('token growth in memory', () => tokenGrowthContract(open))
