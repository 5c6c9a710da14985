import type { ProviderDefinition } from './provider.ts'

/**
 * The model inside Headgate (`simulated/simulate.ts`), for a first run without keys, demos and tests. Its base URL is a name,
 * not an address: nothing is ever dialled.
 */
export const simulated: ProviderDefinition = {
  type: 'simulated',
  title: 'Simulated',
  dialects: ['openai-chat'],
  baseUrl: 'simulated:',
  auth: { kind: 'none' },
  abortStopsBilling: true,
  simulated: true,
  suggestedModels: { small: 'simulated-small', large: 'simulated-large' },
  source: { url: 'src/providers/simulated/simulate.ts', date: '2026-11-21' },
}
