import type { GatewayError } from '../errors/gateway-error.ts'

/** An error's message with what is behind it. Callers of the gateway are not told; whoever sits at the machine should be. */
export function messageWithCause({ message, cause }: GatewayError): string {
  const reason = cause instanceof Error ? cause.message : ''
  return reason === '' || message.includes(reason) ? message : `${message} (${reason})`
}
