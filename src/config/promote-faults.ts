import { isObject, type JsonObject } from '../lib/json.ts'
import type { Fault, Path } from './problem.ts'

// What the grammar cannot say of promotions: what they need elsewhere in the same config.

/** What is wrong with the promotions of a task, as written. */
export function* promoteFaults(task: JsonObject, path: Path, config: JsonObject): Generator<Fault> {
  const { promote, quality_bar: bar } = task
  if (!isObject(promote)) return
  const at: Path = [...path, 'promote']
  const { source } = isObject(config.policy) ? config.policy : { source: undefined }
  if (promote.action === 'publish' && source !== 'ledger') {
    const message =
      'publish needs policy.source: ledger, because a configuration file is never edited; write propose to be told, or let the policy live in the ledger'
    yield { path: [...at, 'action'], message }
  }
  if (promote.instead_of !== undefined && promote.instead_of === task.default) {
    yield {
      path: [...at, 'instead_of'],
      message: 'must be another model than default, which was promoted instead of it',
    }
  }
  if (!isObject(bar)) {
    yield { path: at, message: 'needs quality_bar beside it, which says how good a model must be', atKey: true }
    return
  }
  const least = bar.metric === 'feedback' ? -1 : 0
  if (bar.at_least === least || bar.at_least === 1) {
    const message = `must be above ${least} and below 1 where models are promoted: no number of answers shows more, or less`
    yield { path: [...path, 'quality_bar', 'at_least'], message }
  }
}
