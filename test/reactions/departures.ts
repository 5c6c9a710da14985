import { INBOUND_FORMATS, type InboundFormat } from '../../e2e/inbound-formats.ts'
import type { Running } from '../../e2e/running-gateway.ts'

/** When a caller leaves. */
export const MOMENTS = ['whole answer, before it', 'stream, before its first byte', 'stream, in its middle'] as const

/** See MOMENTS. */
export type Moment = (typeof MOMENTS)[number]

/** How long it took, each time, until the provider saw that a caller had left. */
export interface Departures {
  readonly format: string
  readonly moment: Moment
  readonly tookMs: readonly number[]
}

/** Callers of every format leave at every moment, `times` each, one after the other. */
export async function departures(running: Running, times: number, step: () => void): Promise<readonly Departures[]> {
  const found: Departures[] = []
  for (const format of INBOUND_FORMATS) {
    for (const moment of MOMENTS) {
      const tookMs: number[] = []
      for (let time = 0; time < times; time += 1) tookMs.push(await leave(running, format, moment))
      found.push({ format: format.name, moment, tookMs })
      step()
    }
  }
  return found
}

async function leave({ wall, url }: Running, { path, body }: InboundFormat, moment: Moment): Promise<number> {
  const stream = moment !== MOMENTS[0]
  wall.clear()
  wall.plan(moment === MOMENTS[2] ? { tokens: 2_000, betweenEventsMs: 5 } : { fault: { kind: 'hang' } })
  const leaving = new AbortController()
  const reply = fetch(url + path('via-openai', stream), {
    method: 'POST',
    headers: { 'x-headgate-feature': 'reactions' },
    body: JSON.stringify(body('via-openai', stream)),
    signal: leaving.signal,
  })
  reply.catch(() => undefined)
  await wall.waitFor(() => true)
  if (moment === MOMENTS[2]) await ((await reply).body as ReadableStream<Uint8Array>).getReader().read()
  const left = performance.now()
  leaving.abort()
  const { outcome } = await wall.waitFor(({ endedAt }) => endedAt !== null)
  const tookMs = performance.now() - left
  if (outcome !== 'aborted') throw new Error(`the provider saw ${outcome}, not that its caller left`)
  return tookMs
}
