import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { loadPolicyText } from '../../config/load-policy.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { readRequestLine } from '../../gateway/simulate/request-line.ts'
import { type RequestBatch, type SimulationNews, simulate } from '../../gateway/simulate/simulate.ts'
import { systemClock } from '../../lib/clock.ts'
import { parseJson } from '../../lib/json.ts'
import { loadPriceBook } from '../../money/price-book.ts'
import { createPricing } from '../../money/pricing.ts'
import type { ReplayRequest } from '../../policy/replay/replay-request.ts'
import type { SupposedSignals } from '../../policy/replay/supposed.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import type { CliContext } from '../context.ts'
import { loadConfig } from '../load-config.ts'
import { problemLines } from '../problem-list.ts'
import { reasonOf } from '../reason-of.ts'
import { UserError } from '../user-error.ts'

/** What is compared without a gateway. Paths are whole. */
export interface OfflineAsk {
  /** The configuration of today; null for the one in the working directory, or what the environment gives. */
  readonly config: string | null
  readonly policyText: string
  readonly policyFile: string
  readonly requestsFile: string
  readonly supposed: SupposedSignals
}

/** What a simulation tells, and which sections of the file it did not look at. */
export interface OfflineRun {
  readonly news: AsyncIterable<SimulationNews>
  readonly ignored: readonly string[]
}

/** Compares the configuration of today with a policy over requests of a file, in this process alone. Throws UserError for what is wrong with either. */
export async function openOffline(ask: OfflineAsk, context: CliContext): Promise<OfflineRun> {
  const { result } = await loadConfig(ask.config === null ? {} : { config: ask.config }, context)
  if (!result.ok)
    throw new UserError(`the configuration of today is not valid:\n${problemLines(result.problems).join('\n')}`)
  const knownProviders = [...providerDefinitions.values()]
  const after = loadPolicyText(ask.policyText, ask.policyFile, { base: result.config, knownProviders, whole: true })
  if (!after.ok) throw new UserError(`the policy is not valid:\n${problemLines(after.problems).join('\n')}`)
  const ground = {
    prices: await loadPriceBook(systemClock),
    pricing: createPricing(),
    // What is not running has no health; latencies come from the requests themselves.
    health: { latencyOf: () => null },
  }
  const news = simulate(
    ground,
    { before: result.config, after: after.config, supposed: ask.supposed },
    requestsIn(ask.requestsFile),
  )
  return { news, ignored: after.ignored }
}

const BATCH = 1000

async function* requestsIn(file: string): AsyncGenerator<RequestBatch> {
  const bytes = await sizeOf(file)
  const stream = createReadStream(file, 'utf8')
  let batch: (ReplayRequest | string)[] = []
  let number = 0
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    if (text.trim() === '') continue
    batch.push(requestIn(text, number, file))
    if (batch.length < BATCH) continue
    yield { batch, share: Math.min(1, stream.bytesRead / Math.max(1, bytes)) }
    batch = []
  }
  yield { batch, share: 1 }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    throw new UserError(`${file} cannot be read (${reasonOf(error)})`)
  }
}

function requestIn(text: string, number: number, file: string): ReplayRequest | string {
  const value = parseJson(text)
  if (value === undefined) throw new UserError(`${file}:${number} is not JSON; write one request a line`)
  try {
    return readRequestLine(value, number)
  } catch (error) {
    if (error instanceof GatewayError) throw new UserError(`${file}:${number} ${error.message}`)
    throw error
  }
}
