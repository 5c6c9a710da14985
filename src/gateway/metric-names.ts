import type { Config } from '../config/schema.ts'
import { type KnownNames, knownNames } from '../tracing/metrics/known-names.ts'

/** The names that labels of metrics may have: those that the configuration writes. */
export function metricNames({ tasks, providers, models }: Config): KnownNames {
  const listed = [...providers.values()].flatMap((provider) =>
    [...provider.models.keys()].map((model) => `${provider.name}/${model}`),
  )
  const used = [...models.values()].flatMap(({ deployments }) => deployments)
  return knownNames(tasks.keys(), providers.keys(), [...listed, ...used])
}
