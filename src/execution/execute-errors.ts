import { GatewayError } from '../errors/gateway-error.ts'
import type { AttemptFailure } from './attempt-failure.ts'
import type { NotNow } from './deployment-health.ts'

const NO_DOWNGRADE = ' What is left is of lower quality, and the call does not allow a downgrade.'

/** The last failure; but when a fallback did not like the request, the one before it, which is why that fallback was asked at all. */
export function verdict(failures: readonly AttemptFailure[], downgradeRefused: boolean): GatewayError {
  const last = failures.findLast(({ isOfDeployment }, at) => isOfDeployment || at === 0)
  const hint = downgradeRefused ? NO_DOWNGRADE : ''
  if (!last) return new GatewayError('no_deployment_available', `No deployment is left to try.${hint}`)
  if (failures.length === 1 && !downgradeRefused) return last.error
  const { code, message, upstream, retryAfterSeconds } = last.error
  const attempts = failures.length === 1 ? '' : ` (${failures.length} attempts were made.)`
  return new GatewayError(code, `${message}${attempts}${hint}`, {
    ...(upstream === undefined ? {} : { upstream }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    details: detailsOf(failures),
    cause: last,
  })
}

/** The error of a call whose time was over. */
export function deadlineExceeded(failures: readonly AttemptFailure[]): GatewayError {
  return new GatewayError('deadline_exceeded', 'The deadline of this task passed before a model began to answer.', {
    details: detailsOf(failures),
    cause: failures.at(-1),
  })
}

/** The error of a call that no deployment could be asked for; it says when one may be. */
export function allClosed(reasons: readonly NotNow[], downgradeRefused: boolean): GatewayError {
  const retryAfterMs = Math.min(...reasons.map((reason) => reason.retryAfterMs))
  const told = reasons.map(({ detail }) => detail).join('; ')
  const hint = downgradeRefused ? NO_DOWNGRADE : ''
  return new GatewayError('no_deployment_available', `No deployment can be called now: ${told}.${hint}`, {
    retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
    details: { candidates: reasons.map(({ reason, detail }) => ({ reason, detail })) },
  })
}

function detailsOf(failures: readonly AttemptFailure[]) {
  return { attempts: failures.map(({ failure, error }) => ({ failure, message: error.message })) }
}
