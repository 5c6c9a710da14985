import { isObject, type JsonObject } from '../lib/json.ts'
import type { KnownProvider } from './known-provider.ts'
import type { Fault, Path } from './problem.ts'

/** An `api` where there is no choice: only hosts of OpenAI's kind have two of them. */
export function* apiFaults(name: string, provider: JsonObject, kind: KnownProvider): Generator<Fault> {
  const { dialects } = kind
  if (!dialects || (Array.isArray(dialects) && dialects.includes('openai-chat'))) return
  const message = `is for providers of OpenAI’s kind; one of type ${kind.type} has a single API`
  const fault = (path: Path): Fault => ({ path, message, atKey: true })
  if (provider.api !== undefined) yield fault(['providers', name, 'api'])
  for (const [model, section] of Object.entries(isObject(provider.models) ? provider.models : {})) {
    if (isObject(section) && section.api !== undefined) yield fault(['providers', name, 'models', model, 'api'])
  }
}
