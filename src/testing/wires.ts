import { anthropicWire } from './anthropic-wire.ts'
import type { WallWire } from './frame.ts'
import { openaiWire } from './openai-wire.ts'
import type { WallDialect } from './wire-request.ts'

/** How a wire format is written. */
export function wireOf(dialect: WallDialect): WallWire {
  return dialect === 'openai-chat' ? openaiWire : anthropicWire
}
