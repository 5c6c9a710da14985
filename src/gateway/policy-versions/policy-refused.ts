import type { ConfigProblem } from '../../config/problem.ts'
import { GatewayError } from '../../errors/gateway-error.ts'

/** A policy that cannot be put into force, with every problem in `details`. */
export function policyRefused(problems: readonly ConfigProblem[]): GatewayError {
  const [first] = problems
  const place = first?.line ? ` (line ${first.line})` : ''
  const end = first?.suggestion === undefined ? '.' : `; did you mean "${first.suggestion}"?`
  const more = problems.length > 1 ? ` And ${problems.length - 1} more.` : ''
  const what = first ? `${first.path}${place} ${first.message}${end}${more}` : 'The policy cannot be read.'
  return new GatewayError('invalid_request', what.trim(), {
    param: first?.path ? `policy.${first.path}` : 'policy',
    details: { problems: problems.map((problem) => ({ ...problem })) },
  })
}
