/*
 * The alarm of a house: its alert desk with the sinks of the configuration in force, and the watch that looks for growth.
 */
import type { Alert } from '../alerts/alert.ts'
import { createAlertDesk } from '../alerts/alert-desk.ts'
import { logSink } from '../alerts/log-sink.ts'
import { watchTokenGrowth } from '../alerts/token-growth.ts'
import { webhookSink } from '../alerts/webhook-sink.ts'
import type { Config } from '../config/schema.ts'
import type { Transport } from '../execution/transport.ts'
import type { Clock } from '../lib/clock.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { KillSwitchRow } from '../storage/contracts/kill-switch-store.ts'
import type { Storage } from '../storage/contracts/storage.ts'
import { scopeText } from '../storage/protocol/scope-text.ts'
import type { Log } from './log.ts'
import { webhookPost } from './webhook-post.ts'

/** What an alarm needs. */
export interface AlarmOptions {
  readonly config: () => Config
  readonly storage: Pick<Storage, 'alerts' | 'reader'>
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
}

/** Takes alerts and looks for some itself. */
export interface Alarm {
  /** Never throws and waits for nothing. */
  raise(alert: Alert): void
  close(): Promise<void>
}

/** Opens an alarm. */
export function openAlarm({ config, storage, transport, clock, log }: AlarmOptions): Alarm {
  const post = webhookPost(transport)
  const own = logSink(log)
  const desk = createAlertDesk({
    store: storage.alerts,
    sinks: () => [own, ...config().alerts.webhooks.map((webhook) => webhookSink(webhook, post, clock))],
    clock,
    log,
  })
  const { raise } = desk
  const endWatch = watchTokenGrowth({
    policy: () => config().alerts.tokenGrowth,
    reader: storage.reader,
    store: storage.alerts,
    raise,
    clock,
    log,
  })
  return {
    raise,
    close() {
      endWatch()
      return desk.close()
    },
  }
}

/** The alert of a switch that was turned on or off. */
export function killSwitchAlert(row: KillSwitchRow, state: 'on' | 'off', actor: string): Alert {
  const { id, scope, reason, endsAt } = row
  const what = scopeText(scope)
  return {
    key: `kill_switch/${id}/${state}`,
    kind: 'kill_switch',
    scope,
    message:
      state === 'on' ? `${what} was switched off by ${actor}: ${reason}` : `${what} was switched on again by ${actor}.`,
    details: { kill_switch: id, state, reason, actor, until: isoTime(endsAt) },
    quietMs: null,
  }
}
