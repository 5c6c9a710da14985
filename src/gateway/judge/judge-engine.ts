import type { LimitRule } from '../../admission/limit-rule.ts'
import { REJECT } from '../../config/sections/on-limit.ts'
import type { Engine } from '../engine.ts'

/**
 * The engine that the calls of a judge run on: the same money, the same rules of who may see what, the same deployments. They ask no judge themselves, need not
 * say what product code must say, never wait in a line, and are no sign of a program that has lost its way.
 */
export function judgeEngine(engine: Engine): Engine {
  return {
    ...engine,
    complexityJudge: null,
    contexts: { ...engine.contexts, required: [] },
    runaway: null,
    onLimitOf: () => null,
    limitsOf: (tenantId) => ownLimits(engine.limitsOf(tenantId)),
  }
}

const known = new WeakMap<readonly LimitRule[], readonly LimitRule[]>()

/**
 * The judge has as much room as the calls that it is asked for, and takes none of theirs: it must not be the reason that one of them is refused. What protects a model
 * is counted together.
 */
function ownLimits(rules: readonly LimitRule[]): readonly LimitRule[] {
  let own = known.get(rules)
  if (!own) {
    own = rules.map((rule) => (rule.byModel ? rule : beside(rule)))
    known.set(rules, own)
  }
  return own
}

function beside(rule: LimitRule): LimitRule {
  const id = `${rule.id}/judge`
  return {
    ...rule,
    id,
    policy: { ...rule.policy, onLimit: REJECT },
    rate: rule.rate && { ...rule.rate, id },
    slots: rule.slots && { ...rule.slots, id },
  }
}
