import * as z from 'zod'

/** What happens to a tool result of a level: kept from the model, wrapped as data, or passed as it is. */
export type ToolResultAction = 'block' | 'wrap' | 'off'

/** The guard between a tool's result and the next model call. */
export interface ToolResultGuardConfig {
  readonly high: ToolResultAction
  readonly medium: ToolResultAction
  /** `local`: the built-in scorer. */
  readonly judge: 'local'
}

/** Which guards run. Null is off. */
export interface GuardsConfig {
  readonly toolResult: ToolResultGuardConfig | null
}

const action = z.enum(['block', 'wrap', 'off'])

const toolResult = z
  .strictObject({
    high: action.prefault('block').describe('A result that looks like an attack: `block`, `wrap` or `off`.'),
    medium: action.prefault('wrap').describe('A doubtful result: `block`, `wrap` or `off`.'),
    judge: z.enum(['local']).prefault('local').describe('Who judges. `local`: the built-in scorer.'),
  })
  .transform((section): ToolResultGuardConfig => section)

/** `guards` */
export const guardsSection = z
  .strictObject({
    default: z
      .strictObject({
        tool_result: toolResult
          .optional()
          .describe('Checks what tools return before the model reads it. Off unless written.'),
      })
      .optional()
      .describe('The set of guards that applies to every call.'),
  })
  .transform((section): GuardsConfig => ({ toolResult: section.default?.tool_result ?? null }))
