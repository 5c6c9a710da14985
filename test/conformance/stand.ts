import { loadConfigObject } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import { SILENT_LOG } from '../../src/gateway/log.ts'
import { providerDefinitions } from '../../src/providers/registry.ts'
import { startService } from '../../src/server/service.ts'
import { type Plan, startWall, type Wall } from '../../src/testing/index.ts'
import type { Ask } from './ask.ts'
import { formatOf } from './formats.ts'
import type { PlainReply } from './meaning.ts'
import type { Recording } from './recordings.ts'

/** A running gateway, and behind it a wall that answers each recording's model with the recorded bytes. */
export interface Stand {
  /** The name that leads to a recording: `provider/ID`. */
  modelOf(recording: Recording): string
  /** Sends a request over HTTP and reads the whole reply; says whether it reached the recording behind the gateway. */
  send(ask: Ask, recording: Recording): Promise<PlainReply & { readonly delivered: boolean }>
  close(): Promise<void>
}

const FREE = { price: { input_per_mtok: 0, output_per_mtok: 0 } }

/** Starts a stand. `seed` decides where the recorded bytes are cut. Rejects when a socket cannot be opened. */
export async function startStand(recordings: readonly Recording[], seed: string): Promise<Stand> {
  const wall = await startWall()
  const byId = new Map(recordings.map((recording) => [recording.id, recording]))
  const deliveries = new Map<string, number>()
  wall.plan((call) => {
    const recording = byId.get(call.model ?? '')
    if (!recording) return undefined
    deliveries.set(recording.id, (deliveries.get(recording.id) ?? 0) + 1)
    return planOf(recording, seed)
  })
  const loaded = loadConfigObject(configOf(recordings, wall), {
    env: {},
    knownProviders: [...providerDefinitions.values()],
  })
  if (!loaded.ok) throw new Error(loaded.problems.map(({ path, message }) => `${path} ${message}`).join('\n'))
  const service = await startService({
    config: loaded.config,
    log: SILENT_LOG,
    configStatus: () => ({ version: 'conformance', loaded_at: '', rejected: null }),
  })
  return {
    modelOf: (recording) => `${providerOf(recording)}/${recording.id}`,
    async send(ask, recording) {
      const before = deliveries.get(recording.id) ?? 0
      const reply = await fetch(service.server.url + ask.path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...ask.headers },
        body: JSON.stringify(ask.body),
      })
      const body = await reply.text()
      const contentType = reply.headers.get('content-type') ?? ''
      return { status: reply.status, contentType, body, delivered: (deliveries.get(recording.id) ?? 0) > before }
    },
    async close() {
      await service.stop()
      await wall.close()
    },
  }
}

function planOf({ id, response }: Recording, seed: string): Plan {
  const { status, contentType, bytes } = response
  return {
    raw: { status, headers: { 'content-type': contentType }, body: bytes, splitAt: 'random', seed: `${seed} ${id}` },
  }
}

/** The kind of provider whose habits the gateway is to expect: the recorded one where Headgate has a file for it. */
function providerOf({ provider, dialect }: Recording): string {
  const dialects = providerDefinitions.get(provider)?.dialects
  const speaksIt = typeof dialects === 'object' && dialects.includes(dialect)
  return speaksIt ? provider : formatOf(dialect).provider
}

function configOf(recordings: readonly Recording[], wall: Wall): ConfigInput {
  const providers: ConfigInput['providers'] = {}
  for (const recording of recordings) {
    const name = providerOf(recording)
    const { versionedBase, settings, model } = formatOf(recording.dialect)
    const base_url = versionedBase ? wall.openaiUrl : wall.url
    const models = { ...providers[name]?.models, [recording.id]: { ...FREE, ...model } }
    providers[name] = { api_key: 'sk-conformance', base_url, ...settings, models }
  }
  return {
    version: 1,
    server: { port: 0, drain: '1s' },
    auth: { mode: 'none' },
    storage: { url: 'memory:' },
    metadata: { required: [] },
    providers,
  }
}
