import type { FastifyInstance } from 'fastify'
import { openApiDocument } from './openapi.ts'

/** `/openapi.json`: the description of every path. */
export function registerOpenApi(app: FastifyInstance): void {
  const document = openApiDocument()
  app.get('/openapi.json', async () => document)
}
