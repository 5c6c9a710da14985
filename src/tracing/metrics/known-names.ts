/*
 * Callers choose the names of tasks and models, and each new value of a label is a new series for ever. So a label has the names that the operator
 * wrote; what else is asked for counts as `other`, and what a call has none of as `none`.
 */

/** The names that the configuration has. */
export interface KnownNames {
  readonly tasks: ReadonlySet<string>
  readonly providers: ReadonlySet<string>
  /** By `provider/model`. */
  readonly deployments: ReadonlyMap<string, { readonly provider: string; readonly model: string }>
}

/** A label of what the configuration does not name. */
export const OTHER = 'other'
/** A label of a call that was refused before there was anything to put there. */
export const NONE = 'none'

/** The label of a task. */
export function taskLabel(names: KnownNames, task: string | null): string {
  return task === null ? NONE : names.tasks.has(task) ? task : OTHER
}

/** The label of a provider. */
export function providerLabel(names: KnownNames, provider: string | null): string {
  return provider === null ? NONE : names.providers.has(provider) ? provider : OTHER
}

/** The label of the model of a deployment, without its provider. */
export function modelLabel(names: KnownNames, deployment: string | null): string {
  return deployment === null ? NONE : (names.deployments.get(deployment)?.model ?? OTHER)
}

/** The known names of these tasks, providers and deployments (`provider/model`). */
export function knownNames(
  tasks: Iterable<string>,
  providers: Iterable<string>,
  deployments: Iterable<string>,
): KnownNames {
  const known = new Map<string, { readonly provider: string; readonly model: string }>()
  for (const id of deployments) {
    const slash = id.indexOf('/')
    known.set(id, { provider: id.slice(0, slash), model: id.slice(slash + 1) })
  }
  return { tasks: new Set(tasks), providers: new Set(providers), deployments: known }
}
