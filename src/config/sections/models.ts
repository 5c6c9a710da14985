import * as z from 'zod'
import { nameKey } from '../values.ts'

/** How one of a logical model's deployments is chosen. */
export const STRATEGIES = ['priority', 'weighted', 'cheapest', 'fastest', 'least-busy', 'prefix-affinity'] as const

/** A logical model: the deployments that may serve it, in order of preference. */
export interface LogicalModelConfig {
  readonly name: string
  /** `provider/model`, at least one. */
  readonly deployments: readonly string[]
  /** `priority`: the first that can serve does. */
  readonly strategy: (typeof STRATEGIES)[number]
  /** Parts of the calls by deployment, where they are written; the others have 1. */
  readonly weights?: ReadonlyMap<string, number>
}

const MOST_WEIGHT = 1_000_000

const deployment = z
  .string()
  .regex(/^[\x21-\x2e\x30-\x7e]{1,128}\/[\x21-\x7e]{1,256}$/, { error: 'must be provider/model' })

const weightedDeployment = z.strictObject({
  use: deployment.describe('`provider/model`.'),
  weight: z
    .number()
    .min(0)
    .max(MOST_WEIGHT)
    .optional()
    .describe(
      'Its part of the calls under `strategy: weighted`, in proportion to the others; 0 only takes over. Default: 1.',
    ),
})

const detailed = z
  .strictObject({
    deployments: z
      .array(z.union([deployment, weightedDeployment]))
      .min(1)
      .describe('Deployments in order of preference, each `provider/model` or `{ use: provider/model, weight }`.'),
    strategy: z
      .enum(STRATEGIES)
      .prefault('priority')
      .describe(
        'How one is chosen; the others take over. `priority`: the order written. `weighted`: by chance, as `weight` says. `cheapest`: by the worst case of the call. `fastest`: by the 95th percentile of the last minutes. `least-busy`: where the fewest calls of this instance run. `prefix-affinity`: prompts that begin the same go to the same one.',
      ),
  })
  .superRefine(({ deployments, strategy }, context) => {
    const weights = deployments.map((entry) => (typeof entry === 'string' ? undefined : entry.weight))
    for (const [index, weight] of weights.entries()) {
      if (weight === undefined || strategy === 'weighted') continue
      const message = `means nothing under strategy ${strategy}; write \`strategy: weighted\``
      context.addIssue({ code: 'custom', path: ['deployments', index, 'weight'], message })
    }
    if (strategy === 'weighted' && weights.every((weight) => weight === 0))
      context.addIssue({ code: 'custom', path: ['deployments'], message: 'must have a weight above 0' })
  })

const logicalModel = z.union([z.array(deployment).min(1), detailed])

/** `models` */
export const modelsSection = z.record(nameKey, logicalModel).transform(
  (record): ReadonlyMap<string, LogicalModelConfig> =>
    new Map(
      Object.entries(record).map(([name, written]) => {
        const section = Array.isArray(written) ? { deployments: written, strategy: 'priority' as const } : written
        const { deployments, strategy } = section
        const weights = new Map<string, number>()
        for (const entry of deployments) {
          if (typeof entry !== 'string' && entry.weight !== undefined) weights.set(entry.use, entry.weight)
        }
        const ids = deployments.map((entry) => (typeof entry === 'string' ? entry : entry.use))
        return [name, { name, deployments: ids, strategy, ...(weights.size > 0 ? { weights } : {}) }]
      }),
    ),
)
