import type { JsonObject } from '../lib/json.ts'
import type { Cacheable } from './content.ts'
import type { DialectName } from './dialect-name.ts'
import type { Extensible } from './extensions.ts'

/** A function the model may call. `parameters` is JSON Schema. */
export interface FunctionTool extends Cacheable, Extensible {
  readonly type: 'function'
  readonly name: string
  readonly description?: string
  readonly parameters?: JsonObject
  readonly strict?: boolean
}

/** A tool that the provider runs itself (web search, code); understood by its own dialect only. */
export interface HostedTool {
  readonly type: 'hosted'
  readonly dialect: DialectName
  readonly definition: JsonObject
}

/** What the model may use. */
export type Tool = FunctionTool | HostedTool

/** What the model must do about tools. */
export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'none' }
  | { readonly type: 'required' }
  | { readonly type: 'named'; readonly name: string }
