import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, startRunning } from '../../e2e/running-gateway.ts'
import { databaseOf } from '../chaos/database.ts'

const LANES = 16

/** What callers heard while PostgreSQL hung: how long each refusal took, from the moment of the hang on. */
export interface Refusals {
  readonly tookMs: readonly number[]
  /** The same of calls that ran when it hung: the provider had answered, and their books could not be closed. */
  readonly unbookedMs: readonly number[]
}

/** PostgreSQL hangs under load, until so many calls were refused in each lane. */
export async function refusalsOfHungLedger(inLane: number): Promise<Refusals> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headgate-reactions-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(dataDir, 0o755)
  const database = databaseOf(dataDir)
  const running = await startRunning(() => ({
    storage: { url: `embedded:${dataDir}` },
    budgets: [{ per: 'total', usd: 500, window: 'month' }],
  }))
  try {
    for (let warm = 0; warm < 50; warm += 1) await call(running)
    await database.hang()
    const tookMs: number[] = []
    const unbookedMs: number[] = []
    const lane = async () => {
      for (let refused = 0; refused < inLane; ) {
        const began = performance.now()
        const { error, served } = await call(running)
        if (error !== 'ledger_unavailable') continue
        const took = performance.now() - began
        if (served) unbookedMs.push(took)
        else {
          refused += 1
          tookMs.push(took)
        }
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    return { tookMs, unbookedMs }
  } finally {
    await database.goOn()
    await running.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function call({ url }: Running): Promise<{ readonly error: string | null; readonly served: boolean }> {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-headgate-feature': 'reactions' },
    body: JSON.stringify({ model: 'via-openai', max_tokens: 20, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  await reply.text()
  return { error: reply.headers.get('x-headgate-error'), served: reply.headers.has('x-headgate-model') }
}
