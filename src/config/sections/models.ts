import * as z from 'zod'
import { nameKey } from '../values.ts'

/** A logical model: the deployments that may serve it, in order of preference. */
export interface LogicalModelConfig {
  readonly name: string
  /** `provider/model`, at least one. */
  readonly deployments: readonly string[]
  /** `priority`: the first that can serve does. */
  readonly strategy: 'priority'
}

const deployment = z
  .string()
  .regex(/^[\x21-\x2e\x30-\x7e]{1,128}\/[\x21-\x7e]{1,256}$/, { error: 'must be provider/model' })

const detailed = z.strictObject({
  deployments: z
    .array(z.union([deployment, z.strictObject({ use: deployment.describe('`provider/model`.') })]))
    .min(1)
    .describe('Deployments in order of preference, each `provider/model` or `{ use: provider/model }`.'),
  strategy: z
    .enum(['priority'])
    .prefault('priority')
    .describe('How one is chosen. `priority`: the first that can serve, in the order written.'),
})

const logicalModel = z.union([z.array(deployment).min(1), detailed])

/** `models` */
export const modelsSection = z.record(nameKey, logicalModel).transform(
  (record): ReadonlyMap<string, LogicalModelConfig> =>
    new Map(
      Object.entries(record).map(([name, written]) => {
        const section = Array.isArray(written) ? { deployments: written, strategy: 'priority' as const } : written
        const deployments = section.deployments.map((entry) => (typeof entry === 'string' ? entry : entry.use))
        return [name, { name, deployments, strategy: section.strategy }]
      }),
    ),
)
