import { policyText } from '../../gateway/policy-versions/policy-text.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { type Output, shownText } from '../output.ts'

/*
 * Versions of a policy, as a person reads them.
 */

/** A policy as a text that can be published again, under a remark that says which version it is. */
export function policyLines(version: JsonObject | null, sections: JsonValue | undefined): readonly string[] {
  const head = version
    ? `# version ${shownText(version.number)}, ${authorship(version)}`
    : '# a version that was not noted'
  return [
    head,
    ...policyText(sections ?? {})
      .trimEnd()
      .split('\n'),
  ]
}

/** Who made a version, when and why. */
export function authorship({ actor, source, created_at: at, reason }: JsonObject): string {
  const who = actor === 'file' && source === 'file' ? 'from the configuration file' : `published by ${shownText(actor)}`
  return `${who} at ${shownText(at)}${reason === null ? '' : `: ${shownText(reason)}`}`
}

/** What differs, value by value: what goes under a minus, what comes under a plus. */
export function changeLines(changes: readonly JsonObject[], output: Output): readonly string[] {
  return changes.flatMap(({ path, before = null, after = null }) => [
    output.styled('bold', shownText(path)),
    ...(before === null ? [] : [output.styled('red', `  - ${shownText(JSON.stringify(before))}`)]),
    ...(after === null ? [] : [output.styled('green', `  + ${shownText(JSON.stringify(after))}`)]),
  ])
}

/** The changes of a version or of a look at what would change. */
export function changesOf({ changes }: JsonObject): readonly JsonObject[] {
  return Array.isArray(changes) ? changes.filter(isObject) : []
}

/** How many changes there are, in words. */
export function changeCount(changes: readonly JsonObject[]): string {
  return changes.length === 1 ? '1 change' : `${changes.length} changes`
}
