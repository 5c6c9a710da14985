import type { CanonicalRequest } from '../../canonical/request.ts'
import type { ToolChoice } from '../../canonical/tool.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { invalid, optionalObject, optionalString, optionalStrings, othersOf } from './fields.ts'
import { fromWireName, toWireName } from './tool-names.ts'

const CALLING = 'toolConfig.functionCallingConfig'
const CONFIG = new Set(['functionCallingConfig'])
const CALLING_FIELDS = new Set(['mode', 'allowedFunctionNames'])

/** What a request says in `toolConfig`. */
export interface DecodedToolConfig {
  readonly toolChoice?: ToolChoice
  /** What only Google says there, by its path from the top. */
  readonly own: JsonObject
}

/** Reads `toolConfig`. A choice among some functions, and one that is checked, are Google's own; the nearest that all formats say stands beside them. */
export function decodeToolConfig(body: JsonObject): DecodedToolConfig {
  const config = optionalObject(body, 'toolConfig') ?? {}
  const calling = optionalObject(config, 'functionCallingConfig', 'toolConfig') ?? {}
  const names = optionalStrings(calling, 'allowedFunctionNames', CALLING) ?? []
  const mode = optionalString(calling, 'mode', CALLING)?.toUpperCase()
  const own: JsonObject = {
    ...prefixed(othersOf(config, CONFIG), 'toolConfig'),
    ...prefixed(othersOf(calling, CALLING_FIELDS), CALLING),
  }
  const [only] = names
  switch (mode) {
    case undefined:
    case 'MODE_UNSPECIFIED':
      return { own }
    case 'AUTO':
      return { toolChoice: { type: 'auto' }, own }
    case 'NONE':
      return { toolChoice: { type: 'none' }, own }
    case 'ANY':
      if (only !== undefined && names.length === 1)
        return { toolChoice: { type: 'named', name: fromWireName(only) }, own }
      if (names.length > 1) own[`${CALLING}.allowedFunctionNames`] = [...names]
      return { toolChoice: { type: 'required' }, own }
    case 'VALIDATED':
      own[`${CALLING}.mode`] = mode
      if (names.length > 0) own[`${CALLING}.allowedFunctionNames`] = [...names]
      return { toolChoice: { type: 'auto' }, own }
    default:
      throw invalid(`${CALLING}.mode`, 'must be AUTO, ANY, NONE or VALIDATED.')
  }
}

/** The `toolConfig` to write; undefined when silence says the same. `own` are this format's own fields below `toolConfig`, by path. */
export function encodeToolConfig(
  { toolChoice, parallelToolCalls }: Pick<CanonicalRequest, 'toolChoice' | 'parallelToolCalls'>,
  own: JsonObject,
  hasTools: boolean,
  drop: Drop,
): JsonObject | undefined {
  // A model of Google's may always call several functions at once.
  if (parallelToolCalls === false) drop('parallel_tool_calls')
  const calling: JsonObject = {}
  const config: JsonObject = {}
  if (toolChoice && hasTools) Object.assign(calling, choiceOf(toolChoice))
  else if (toolChoice?.type === 'required' || toolChoice?.type === 'named') drop('tool_choice')
  for (const [path, value] of Object.entries(own)) {
    if (path.startsWith(`${CALLING}.`)) calling[path.slice(CALLING.length + 1)] = value
    else if (path.startsWith('toolConfig.')) config[path.slice('toolConfig.'.length)] = value
  }
  if (Object.keys(calling).length > 0) config.functionCallingConfig = calling
  return Object.keys(config).length === 0 ? undefined : config
}

function choiceOf(choice: ToolChoice): JsonObject {
  switch (choice.type) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'named':
      return { mode: 'ANY', allowedFunctionNames: [toWireName(choice.name)] }
  }
}

/** The fields under their whole paths: what is reported of them is then what the caller wrote. */
export function prefixed(fields: JsonObject | undefined, prefix: string): JsonObject {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([field, value]) => [`${prefix}.${field}`, value]))
}
