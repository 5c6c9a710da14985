import type { FastifyInstance } from 'fastify'
import type { ConfigStatus } from '../../config/watch.ts'
import type { House } from '../../gateway/house.ts'

const PROBE_MS = 1_000

/** `/livez`: the process answers. `/readyz`: it can take calls; 503 while it drains or its ledger is away. */
export function registerHealth(app: FastifyInstance, house: House, configStatus: () => ConfigStatus): void {
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const ledger = await reachable(() => house.storage.ledger.now())
    const draining = house.engine().leaving()
    const ready = ledger && !draining
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : draining ? 'draining' : 'ledger_unavailable',
      ledger: ledger ? 'ok' : 'unavailable',
      // A gateway whose shared limits are away goes on with its share of them, and with breakers of its own: it is ready.
      limits: house.limits.condition(),
      breakers: house.health.condition(),
      // Overloaded is ready too: if every instance that is full were taken out, the others would be next.
      load: {
        level: house.load.level,
        event_loop_lag_ms: Math.round(house.load.lagMs),
        heap_used_share: Math.round(house.load.heapShare * 1000) / 1000,
      },
      config: configStatus(),
    })
  })
}

async function reachable(probe: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS)
  })
  const answered = probe().then(
    () => true,
    () => false,
  )
  const result = await Promise.race([answered, late])
  clearTimeout(timer)
  return result
}
