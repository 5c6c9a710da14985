import type { Clock } from '../lib/clock.ts'
import { createHttpTransport } from './http-transport.ts'
import { createSimulatedTransport } from './simulated-transport.ts'
import type { Transport } from './transport.ts'

/** The way out: simulated endpoints stay inside this process, all others go through the one network client. */
export function createEgress(clock: Clock): Transport {
  const http = createHttpTransport(clock)
  const simulated = createSimulatedTransport(clock)
  return {
    send: (call) => (call.endpoint.simulated ? simulated : http).send(call),
    async close() {
      await Promise.all([http.close(), simulated.close()])
    },
  }
}
