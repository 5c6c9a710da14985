import type { StreamError } from '../canonical/stream-event.ts'
import type { Usage } from '../canonical/usage.ts'
import type { ErrorCode } from '../errors/codes.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Deployment } from '../providers/deployment.ts'
import { countedOnly } from './answer.ts'
import { AttemptFailure, type FailureClass } from './attempt-failure.ts'
import type { TransportFailure } from './transport.ts'

/** An error reply with a status of its own. Nothing is charged for it, unless the reply itself says what was used. */
export function failureOfStatus(
  deployment: Deployment,
  status: number,
  headers: Readonly<Record<string, string>>,
  said: StreamError,
  nowMs: number,
): AttemptFailure {
  // A format may know better: Google says of a wrong key that the request is wrong.
  const { failure, code } = classOfStatus(said.status ?? status, said)
  const retryAfterSeconds = retryAfter(headers, nowMs) ?? said.retryAfterSeconds
  const error = new GatewayError(code, describe(deployment, `replied ${status}`, said), {
    upstream: upstreamDetails(deployment, said, status, headers),
    ...(failure === 'rate_limited' ? { retryAfterSeconds: retryAfterSeconds ?? 1 } : {}),
  })
  const retryAfterMs = retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000
  return new AttemptFailure(failure, error, said.usage !== undefined, countedOnly(said.usage), retryAfterMs)
}

/** An error inside a 200 reply: the provider had begun, so it may charge. */
export function failureInBand(deployment: Deployment, said: StreamError): AttemptFailure {
  const known = said.status !== undefined ? classOfStatus(said.status, said) : classOfCode(said)
  const error = new GatewayError(known.code, describe(deployment, 'failed inside its answer', said), {
    upstream: upstreamDetails(deployment, said, said.status, {}),
    ...(known.failure === 'rate_limited' ? { retryAfterSeconds: 1 } : {}),
  })
  return new AttemptFailure(known.failure, error, true, countedOnly(said.usage))
}

/** The stream ended without its protocol's sign of completion. */
export function failureOfTruncation(deployment: Deployment, how: string): AttemptFailure {
  const message = `${deployment.id} stopped in the middle of its answer (${how}). Nothing was wrong with the request; try again.`
  const error = new GatewayError('upstream_truncated', message, {
    upstream: { provider: deployment.endpoint.provider },
  })
  return new AttemptFailure('truncated', error, true)
}

/** A reply that is not what its protocol says. */
export function failureOfReply(deployment: Deployment, what: string, cause?: unknown, usage?: Usage): AttemptFailure {
  // A good status with an error in it: the error counts.
  if (cause instanceof GatewayError && cause.code === 'upstream_failed') {
    const { status, code } = cause.upstream ?? {}
    return failureInBand(deployment, {
      message: cause.message,
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { code }),
      ...(usage === undefined ? {} : { usage }),
    })
  }
  const error = new GatewayError('upstream_invalid_response', `${deployment.id} gave an unusable reply: ${what}.`, {
    upstream: { provider: deployment.endpoint.provider },
    cause,
  })
  return new AttemptFailure('invalid_response', error, true, countedOnly(usage))
}

/** The network failed, or one of the clocks ran out. */
export function failureOfTransport(
  deployment: Deployment,
  failure: TransportFailure,
  answering: boolean,
): AttemptFailure {
  if (failure.kind === 'aborted') {
    return new AttemptFailure('client_gone', new GatewayError('client_closed', 'The caller left.'), failure.sent)
  }
  if (failure.kind.endsWith('timeout')) {
    const error = new GatewayError('upstream_timeout', `${deployment.id} was too slow: ${failure.message}.`, {
      upstream: { provider: deployment.endpoint.provider },
    })
    return new AttemptFailure('timeout', error, failure.sent)
  }
  if (failure.kind === 'credential') {
    const message = `${deployment.id} was not called: ${failure.message} headgate doctor --online says more.`
    const error = new GatewayError('upstream_failed', message, {
      upstream: { provider: deployment.endpoint.provider },
      cause: failure.cause,
    })
    return new AttemptFailure('credential', error, failure.sent)
  }
  if (answering) return failureOfTruncation(deployment, failure.message)
  const error = new GatewayError('upstream_failed', `${deployment.id} cannot be reached: ${failure.message}.`, {
    upstream: { provider: deployment.endpoint.provider },
    cause: failure,
  })
  return new AttemptFailure('connection', error, failure.sent)
}

interface Verdict {
  readonly failure: FailureClass
  readonly code: ErrorCode
}

function classOfStatus(status: number, said: StreamError): Verdict {
  if (status === 401 || status === 403 || status === 402) {
    return { failure: 'credential', code: 'upstream_credential_rejected' }
  }
  if (status === 404) return { failure: 'invalid_request', code: 'model_not_found' }
  if (status === 408 || status === 504) return { failure: 'timeout', code: 'upstream_timeout' }
  if (status === 429) return { failure: 'rate_limited', code: 'upstream_rate_limited' }
  if (status === 413) return { failure: 'invalid_request', code: 'request_too_large' }
  // Bedrock's word for a model that failed: the request is not to blame.
  if (status === 424) return { failure: 'server_error', code: 'upstream_failed' }
  if (status >= 400 && status < 500) {
    if (saysContextLength(said)) return { failure: 'context_length', code: 'context_length_exceeded' }
    return { failure: saysFiltered(said) ? 'content_filter' : 'invalid_request', code: 'invalid_request' }
  }
  return { failure: 'server_error', code: 'upstream_failed' }
}

function classOfCode(said: StreamError): Verdict {
  const code = said.code ?? ''
  if (/rate_limit/.test(code)) return { failure: 'rate_limited', code: 'upstream_rate_limited' }
  if (/timeout/.test(code)) return { failure: 'timeout', code: 'upstream_timeout' }
  return { failure: 'server_error', code: 'upstream_failed' }
}

/** Hosts have many words for a prompt that does not fit, in the code or in the message. */
const CONTEXT_LENGTH =
  /context (length|window|size)|maximum context|\b(prompt|messages|input)\b.{0,20} too (long|large)|too many (prompt |input )?tokens/i

function saysContextLength({ code = '', message }: StreamError): boolean {
  return CONTEXT_LENGTH.test(code.replaceAll('_', ' ')) || CONTEXT_LENGTH.test(message)
}

/** A host that does not take this prompt, by its code: messages quote what the caller wrote. */
function saysFiltered({ code = '' }: StreamError): boolean {
  return /content_?(filter|policy)|moderation/i.test(code)
}

function describe({ id, endpoint }: Deployment, what: string, { message }: StreamError): string {
  // Some hosts quote the key that they did not like.
  return message ? `${id} ${what}: ${endpoint.apiKey?.redact(message) ?? message}` : `${id} ${what}.`
}

function upstreamDetails(
  deployment: Deployment,
  said: StreamError,
  status: number | undefined,
  headers: Readonly<Record<string, string>>,
) {
  const requestId = headers['x-request-id'] ?? headers['request-id'] ?? headers['x-amzn-requestid']
  // Amazon names the error in a header, as `ValidationException:http://…`.
  const code = said.code ?? headers['x-amzn-errortype']?.replace(/:.*$/s, '')
  return {
    provider: deployment.endpoint.provider,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

/** `retry-after` in whole seconds, from a number or a date; undefined when absent or nonsense. */
function retryAfter(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const text = headers['retry-after']
  if (!text) return undefined
  const seconds = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : (Date.parse(text) - nowMs) / 1000
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined
}
