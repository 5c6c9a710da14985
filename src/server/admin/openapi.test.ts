import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATA_PLANE_ROUTES } from '../../gateway/data-plane.ts'
import { json, startTestService, type TestService } from '../test-service.contract.ts'
import { createAdminPlane } from './admin-plane.ts'
import { openApiDocument } from './openapi.ts'
import { OPERATIONS } from './openapi-paths.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService()
})
afterAll(() => under.stop())

const name = ({ method, path }: { readonly method: string; readonly path: string }) => `${method.toUpperCase()} ${path}`

/** The files of the page and what leads to it are no API. */
const isPage = (path: string) => path === '/' || path.startsWith('/console/')

describe('/openapi.json', () => {
  it('lists every route there is, and no other', async () => {
    const { service } = under
    const configStatus = () => ({ version: '', loaded_at: '', rejected: null })
    const plane = await createAdminPlane({ house: service.house, configStatus, openMetrics: true })
    const registered = [...DATA_PLANE_ROUTES, ...plane.routes].filter(
      ({ method, path }) => method !== 'HEAD' && !isPage(path),
    )
    expect(OPERATIONS.map(name).toSorted()).toEqual(registered.map(name).toSorted())
    await plane.close()
  })

  it.each(OPERATIONS)('$method $path is answered by something other than 404', async ({ method, path, keys }) => {
    const ask = { method: method.toUpperCase(), headers: { origin: under.url } }
    const reply = await under.ask(path.replace(/\{\w+\}/g, 'none'), ask)
    expect(reply.status).not.toBe(404)
    // Without a key only what needs none may do anything. A model call's empty body is refused even before its key is missed.
    if (keys !== 'none') expect([400, 401]).toContain(reply.status)
  })

  it('is served as it is written here, and names every error', async () => {
    const served = await json(under.ask('/openapi.json'))
    expect(served).toEqual(JSON.parse(JSON.stringify(openApiDocument())))
    expect(JSON.stringify(served)).toContain('"budget_exceeded"')
  })

  it('describes parameters, bodies and media types', () => {
    expect(openApiDocument()).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/admin/v1/keys/{id}': { delete: { parameters: [{ name: 'id', in: 'path', required: true }] } },
        '/admin/v1/keys': {
          post: { requestBody: { content: { 'application/json': { schema: { required: ['kind'] } } } } },
          get: { responses: { 200: { content: { 'text/csv': {}, 'application/x-ndjson': {} } } } },
        },
        '/livez': { get: { security: [] } },
      },
    })
  })
})
