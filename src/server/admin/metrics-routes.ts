import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { House } from '../../gateway/house.ts'

/** `/metrics`: what Prometheus asks for. `gatekeeper` stands before it where strangers can reach it; null where they cannot. */
export function registerMetrics(
  app: FastifyInstance,
  house: House,
  gatekeeper: ((request: FastifyRequest) => Promise<void>) | null,
): void {
  const { registry } = house.metrics
  app.get('/metrics', { ...(gatekeeper ? { onRequest: gatekeeper } : {}) }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}
