import { anthropicWire } from './anthropic-wire.ts'
import { bedrockWire } from './bedrock-wire.ts'
import { cohereWire } from './cohere-wire.ts'
import type { PathSays, WallWire } from './frame.ts'
import { googleWire } from './google-wire.ts'
import { openaiEmbeddingsWire } from './openai-embeddings-wire.ts'
import { openaiResponsesWire } from './openai-responses-wire.ts'
import { openaiWire } from './openai-wire.ts'
import type { WallDialect } from './wire-request.ts'

const WIRES: readonly WallWire[] = [
  openaiWire,
  openaiResponsesWire,
  anthropicWire,
  bedrockWire,
  cohereWire,
  googleWire,
  openaiEmbeddingsWire,
]

/** How a wire format is read and written. */
export function wireOf(dialect: WallDialect): WallWire {
  return WIRES.find((wire) => wire.dialect === dialect) ?? openaiWire
}

/** The wire format of an address, whatever stands before its path: gateways are given base URLs with and without `/v1`. */
export function wireAt(path: string): { readonly dialect: WallDialect; readonly says: PathSays } | null {
  for (const wire of WIRES) {
    const says = wire.address(path)
    if (says) return { dialect: wire.dialect, says }
  }
  return null
}
