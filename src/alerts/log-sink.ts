import { type AlertSink, alertView } from './alert.ts'

/** Tells the log, as a warning. */
export function logSink(log: { warn(facts: object, message: string): void }): AlertSink {
  return {
    name: 'log',
    wants: () => true,
    async deliver(row) {
      log.warn({ alert: alertView(row) }, row.message)
    },
  }
}
