import type { Executed } from '../execution/execute-ask.ts'
import type { Decision } from '../policy/decision.ts'
import { replacedChoice } from '../policy/first-choice.ts'

/** The way of a call: logical models from the first choice to the one that serves, and why it was not the first; null when it was. */
export interface WayTaken {
  readonly route: string
  readonly fallbackReason: string | null
}

/** As it looks before anybody was asked. */
export function wayBegun(decision: Decision): string {
  const [{ logicalName, role }] = decision.candidates
  const replaced = role === 'canary' ? null : replacedChoice(decision)
  return labelOf(replaced ? [replaced.logicalName, logicalName] : [logicalName])
}

/** As it was. What policy and limits did before the call stands in front of what happened at its turn. A canary is in nobody's place. */
export function wayTaken(decision: Decision | null, executed: Executed): WayTaken {
  const { route, fallbackReason, target } = executed
  const downgraded = decision?.downgraded
  if (downgraded)
    return { route: labelOf([downgraded.from, ...route]), fallbackReason: joined('limit', fallbackReason) }
  const replaced = decision && target.role !== 'canary' ? replacedChoice(decision) : null
  if (!replaced) return { route: labelOf(route), fallbackReason }
  const tried = decision?.considered.find(({ role }) => role === 'canary')
  const at = tried && route[0] === tried.logicalName ? 1 : 0
  return {
    route: labelOf([...route.slice(0, at), replaced.logicalName, ...route.slice(at)]),
    fallbackReason: joined(replaced.reason, fallbackReason),
  }
}

function labelOf(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : names.filter((name, index) => name !== names[index - 1]).join(' -> ')
}

function joined(first: string, then: string | null): string {
  return then === null || then === first ? first : `${first},${then}`
}
