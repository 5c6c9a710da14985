import { afterEach, describe, expect, it } from 'vitest'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * A model that cannot do what a call needs is passed over before the call: by what is known of its name, or by the operator's own word.
 */

let running: Running
afterEach(() => running.stop())

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const LOOK = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }
const SEEING = {
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
      ],
    },
  ],
  tools: [LOOK],
}

/** A task whose first model is blind and whose second one sees; `lacks` is the operator's word about the first one. */
async function start(lacks?: []): Promise<void> {
  running = await startRunning((wall) => ({
    providers: {
      oa: {
        type: 'openai',
        base_url: wall.openaiUrl,
        api_key: 'sk-oa',
        models: { 'gpt-3.5-turbo': { ...MODEL, ...(lacks ? { lacks } : {}) }, 'text-embedding-3-small': MODEL },
      },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models: { 'claude-sonnet-4-5': MODEL } },
    },
    models: { blind: ['oa/gpt-3.5-turbo'], seeing: ['an/claude-sonnet-4-5'] },
    tasks: { look: { default: 'blind', fallback: ['seeing'] }, grope: { default: 'blind' } },
  }))
}

async function send(model: string, body: object) {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
    body: JSON.stringify({ model, ...body }),
  })
  const traceId = reply.headers.get('x-headgate-trace-id') ?? ''
  const trace = await fetch(`${running.url}/v1/traces/${traceId}`)
  return {
    status: reply.status,
    served: reply.headers.get('x-headgate-model'),
    error: ((await reply.json()) as { error?: { code: string; message: string; details?: unknown } }).error,
    decision: ((await trace.json()) as { decision?: { candidates?: unknown } }).decision,
  }
}

describe('a call with a picture and tools', () => {
  it('goes to the fallback that sees, and the trace says why', async () => {
    await start()
    const sent = await send('look', SEEING)
    expect(sent).toMatchObject({ status: 200, served: 'an/claude-sonnet-4-5' })
    expect(sent.decision?.candidates).toMatchObject([
      {
        deployment: 'oa/gpt-3.5-turbo',
        taken: false,
        reason: 'capability_missing',
        detail: expect.stringContaining('images'),
      },
      { deployment: 'an/claude-sonnet-4-5', taken: true },
    ])
    expect(running.wall.calls.map(({ model }) => model)).toEqual(['claude-sonnet-4-5'])
  })

  it('is refused with the need by its name when nobody is left', async () => {
    await start()
    const { status, error } = await send('grope', SEEING)
    expect(status).toBe(403)
    expect(error).toMatchObject({ code: 'no_eligible_model', message: expect.stringContaining('images') })
    expect(error?.message).not.toContain('tools')
    expect(error?.details).toMatchObject({
      candidates: [{ deployment: 'oa/gpt-3.5-turbo', reason: 'capability_missing' }],
    })
    expect(running.wall.calls).toEqual([])
  })

  it('goes to the first model all the same when the operator says that it lacks nothing', async () => {
    await start([])
    expect(await send('look', SEEING)).toMatchObject({ status: 200, served: 'oa/gpt-3.5-turbo' })
  })
})

describe('a call without such needs', () => {
  it('goes to the first model', async () => {
    await start()
    const plain = { messages: [{ role: 'user', content: 'Hello.' }], tools: [LOOK] }
    expect(await send('look', plain)).toMatchObject({ status: 200, served: 'oa/gpt-3.5-turbo' })
  })

  it('is refused where the only model gives vectors', async () => {
    await start()
    const { status, error } = await send('oa/text-embedding-3-small', {
      messages: [{ role: 'user', content: 'Hello.' }],
    })
    expect(status).toBe(403)
    expect(error?.message).toContain('cannot do what the call needs: chat')
    expect(running.wall.calls).toEqual([])
  })

  it('gets vectors from that model', async () => {
    await start()
    const reply = await fetch(`${running.url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
      body: JSON.stringify({ model: 'oa/text-embedding-3-small', input: 'Hello.' }),
    })
    expect(reply.status).toBe(200)
  })
})
