import * as z from 'zod'

/** Where the policy lives. */
export interface PolicySourceConfig {
  readonly source: 'file' | 'ledger'
}

/** `policy` */
export const policySection = z.strictObject({
  source: z
    .enum(['file', 'ledger'])
    .prefault('file')
    .describe(
      '`file`: the policy sections of this file are in force, and publishing over the API is refused. `ledger`: the newest published version is in force on every instance; the sections of this file are the first version and count no more after that. Read at the start.',
    ),
})
