import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWall, type Wall } from '../src/testing/index.ts'
import { type Serving, serve } from './headgate-process.ts'

/* A hundred edits of the configuration under load, every second one of them bad: no caller notices any, and the operator is told of each bad one. */

const EDITS = 100
const LANES = 4

let wall: Wall
let directory: string
let gateway: Serving
let url: string
beforeAll(async () => {
  wall = await startWall()
  directory = await mkdtemp(join(tmpdir(), 'headgate-reload-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(directory, 0o755)
  await writeFile(join(directory, 'headgate.yaml'), good(0))
  const args = ['--json', '--port', '0', '--config', 'headgate.yaml', '--data', 'data']
  gateway = await serve(args, { directory, env: {} })
  url = (JSON.parse(gateway.said.out) as { url: string }).url
})
afterAll(async () => {
  await gateway.end('SIGTERM')
  await wall.close()
  await rm(directory, { recursive: true, force: true })
})

/** A configuration whose task says how long its answers may be: the number of the edit. */
function good(edit: number): string {
  return `version: 1
auth: { mode: none }
storage: { url: "memory:" }
metadata: { required: [] }
providers:
  oa: { type: openai, api_key: sk, base_url: "${wall.openaiUrl}", models: { m: { price: { input_per_mtok: 1, output_per_mtok: 1 } } } }
models: { story: [oa/m] }
tasks:
  tell: { default: story, parameters: { max_output_tokens: { default: ${100 + edit} } } }
`
}

/** Bad edits, each with the line and the key that it is bad at; null where there is none to name. */
const BAD: readonly (readonly [text: (edit: number) => string, line: number | null, key: string])[] = [
  [() => '', null, ''],
  [(edit) => good(edit).slice(0, 150), null, ''],
  [(edit) => `${good(edit)}nothing_known: 1\n`, 10, 'nothing_known'],
  [(edit) => good(edit).replace('[oa/m]', '[nobody/m]'), 7, 'models.story'],
  [(edit) => good(edit).replace('input_per_mtok: 1', 'input_per_mtok: -1'), 6, 'input_per_mtok'],
]

interface ConfigState {
  readonly version: string
  readonly rejected: {
    readonly version: string
    readonly problems: readonly { line: number | null; path: string }[]
  } | null
}

async function configState(): Promise<ConfigState> {
  return ((await (await fetch(`${url}/readyz`)).json()) as { config: ConfigState }).config
}

async function reloads(result: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`headgate_config_reloads_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1])
}

it('goes on serving, by the last good one', { timeout: 120_000 }, async () => {
  let over = false
  const failures: string[] = []
  let served = 0
  const lane = async () => {
    while (!over) {
      const body = { model: 'tell', stream: served % 2 === 0, messages: [{ role: 'user', content: 'Hi.' }] }
      const headers = { 'content-type': 'application/json' }
      const send = () => fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) })
      let reply = await send()
      // The ledger may be too slow on a busy machine, and says so: then once more.
      if (reply.headers.get('x-headgate-error') === 'ledger_unavailable') {
        await sleep(1_000)
        reply = await send()
      }
      const text = await reply.text()
      if (reply.status !== 200 || text.includes('"error"')) failures.push(`${reply.status} ${text}`)
      served += 1
    }
  }
  const lanes = Array.from({ length: LANES }, lane)

  let before = await configState()
  for (let edit = 1; edit <= EDITS; edit += 1) {
    const bad = edit % 2 === 1 ? BAD[((edit - 1) / 2) % BAD.length] : undefined
    await writeFile(join(directory, 'headgate.yaml'), bad ? bad[0](edit) : good(edit))
    const seen = (state: ConfigState) =>
      bad ? state.rejected !== null : state.version !== before.version && state.rejected === null
    await expect.poll(async () => seen(await configState()), { timeout: 20_000 }).toBe(true)
    const now = await configState()
    if (bad) {
      const [, line, key] = bad
      expect(now.version).toBe(before.version)
      if (line !== null) expect(now.rejected?.problems.map((problem) => problem.line)).toContain(line)
      expect(now.rejected?.problems.some(({ path }) => path.includes(key))).toBe(true)
    }
    before = now
  }
  over = true
  await Promise.all(lanes)

  expect(failures).toEqual([])
  expect(served).toBeGreaterThan(EDITS)
  expect(await reloads('accepted')).toBe(EDITS / 2)
  // A file that is written while it is read may be looked at twice: half of it is a bad edit of its own.
  expect(await reloads('rejected')).toBeGreaterThanOrEqual(EDITS / 2)
  const logged = gateway.said.err
    .split('\n')
    .filter((line) => line.includes('configuration rejected'))
    .map((line) => JSON.parse(line) as { file: string; line: number | null; key: string })
  for (const [, line, key] of BAD.slice(2)) {
    expect(logged.some((one) => one.file.endsWith('headgate.yaml') && one.line === line && one.key.includes(key))).toBe(
      true,
    )
  }
  // The newest is in force: its number stands in what the provider was asked last.
  wall.clear()
  await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tell', messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  expect(JSON.stringify(wall.calls[0]?.body)).toContain(String(100 + EDITS))
})
