import { GatewayError } from '../errors/gateway-error.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { KillSwitchRow } from '../storage/contracts/kill-switch-store.ts'
import { scopeText } from '../storage/protocol/scope-text.ts'

/** Why something is switched off, in a few words: `tenant=acme is switched off: runaway agent`. */
export function killReason({ scope, reason }: KillSwitchRow): string {
  const what = scope.total === true ? 'everything' : scopeText(scope)
  return `${what} is switched off: ${reason}`
}

/** The refusal of a call that a switch stops, before it began or while it ran. Not to be retried. */
export function killSwitchOn(row: KillSwitchRow): GatewayError {
  const { id, scope, reason, endsAt } = row
  const until = isoTime(endsAt)
  const end = until === null ? 'until an operator turns the switch off' : `until ${until}, or an operator ends it`
  return new GatewayError('kill_switch_on', `${capital(killReason(row))} (${end}).`, {
    details: { kill_switch: id, scope: { ...scope }, reason, until },
  })
}

function capital(text: string): string {
  return text.startsWith('everything') ? `E${text.slice(1)}` : text
}
