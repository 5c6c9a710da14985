import type { Step } from './policy.ts'

/**
 * Whether a list of allowed names covers one deployment on a route. A name may be the task, the logical model, `provider/model`,
 * `provider/*` or `*`; null is no limit.
 */
export function isAllowed(allowed: readonly string[] | null, step: Step, task: string | null): boolean {
  if (allowed === null) return true
  const { deployment, logicalName } = step
  return allowed.some(
    (name) =>
      name === '*' ||
      name === logicalName ||
      name === deployment.id ||
      (task !== null && name === task) ||
      (name.endsWith('/*') && name.slice(0, -2) === deployment.endpoint.provider),
  )
}
