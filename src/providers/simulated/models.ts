import type { ModelPrice } from '../deployment.ts'

/** A model that exists only inside this process. */
export interface SimulatedModel {
  readonly name: string
  /** So that budgets, reports and dashboards have something to show; nobody is billed. */
  readonly price: ModelPrice
  readonly contextTokens: number
  readonly maxOutputTokens: number
  /** The pause before the first token, in milliseconds: from, to. */
  readonly firstTokenMs: readonly [number, number]
  /** The pause between two tokens, in milliseconds: from, to. */
  readonly tokenMs: readonly [number, number]
}

function price(input: bigint, output: bigint): ModelPrice {
  return {
    version: 'simulated-1',
    input,
    output,
    cacheRead: input,
    cacheReadAudio: input,
    cacheWrite5m: input,
    cacheWrite1h: input,
    reasoning: output,
    inputAudio: input,
    outputAudio: output,
    outputImage: output,
    tiers: [],
  }
}

/** $0.15 and $0.60 a million tokens, like a small hosted model. */
export const SIMULATED_SMALL_PRICE: ModelPrice = price(150_000_000n, 600_000_000n)

/** $2.50 and $10 a million tokens, like a large hosted model. */
export const SIMULATED_LARGE_PRICE: ModelPrice = price(2_500_000_000n, 10_000_000_000n)

/** Every simulated model by its name. */
export const simulatedModels: ReadonlyMap<string, SimulatedModel> = new Map(
  [
    {
      name: 'simulated-small',
      price: SIMULATED_SMALL_PRICE,
      contextTokens: 128_000,
      maxOutputTokens: 16_384,
      firstTokenMs: [40, 160],
      tokenMs: [4, 12],
    } as const,
    {
      name: 'simulated-large',
      price: SIMULATED_LARGE_PRICE,
      contextTokens: 200_000,
      maxOutputTokens: 32_768,
      firstTokenMs: [120, 420],
      tokenMs: [10, 26],
    } as const,
  ].map((model) => [model.name, model]),
)
