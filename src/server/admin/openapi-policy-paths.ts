import { type Operation, object, text } from './openapi-operation.ts'

/** Operations on the policy. */
export const POLICY_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/admin/v1/policy',
    summary: 'The policy in force: where it lives, its version, its sections.',
    keys: 'admin',
  },
  {
    method: 'post',
    path: '/admin/v1/policy',
    summary: 'Publishes a policy. In force here with the reply, on other instances within two seconds.',
    keys: 'admin',
    status: 201,
    body: object(['policy'], {
      policy: { anyOf: [text, { type: 'object' }] },
      reason: text,
      after: { type: 'integer' },
      dry_run: { type: 'boolean' },
    }),
  },
  {
    method: 'get',
    path: '/admin/v1/policy/versions',
    summary: 'Every version of the policy and what it changed, newest first.',
    keys: 'admin',
    query: ['limit', 'cursor'],
    gives: 'rows',
  },
  {
    method: 'get',
    path: '/admin/v1/policy/versions/{number}',
    summary: 'One version of the policy, with its sections.',
    keys: 'admin',
  },
  {
    method: 'post',
    path: '/admin/v1/policy/rollback',
    summary: 'Publishes an earlier version again.',
    keys: 'admin',
    status: 201,
    body: object([], { to: { type: 'integer' }, reason: text, after: { type: 'integer' } }),
  },
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
      suppose: object([], { complexity: { anyOf: [text, { type: 'number' }] }, budget_used: { type: 'number' } }),
      max_changed: { type: 'integer' },
    }),
  },
]
