import type { FunctionTool, Tool } from '../../canonical/tool.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { asExtensions, DIALECT, ownExtensions, reportForeign } from './extensions.ts'
import { asObject, optionalList, optionalObject, optionalString, othersOf, pathOf, requiredString } from './fields.ts'
import { narrowSchema } from './json-schema.ts'
import { fromOpenApi } from './open-api-schema.ts'
import { fromWireName, toWireName } from './tool-names.ts'

const FUNCTIONS = new Set(['functionDeclarations'])
const DECLARATION = new Set(['name', 'description', 'parameters', 'parametersJsonSchema', 'cacheKey'])

/** Reads `tools`. One entry may declare many functions, and name tools that Google runs. */
export function decodeTools(body: JsonObject): readonly Tool[] | undefined {
  return optionalList(body, 'tools')?.flatMap((value, at) => {
    const path = `tools[${at}]`
    const entry = asObject(value, path)
    const hosted = othersOf(entry, FUNCTIONS)
    const functions = optionalList(entry, 'functionDeclarations', path) ?? []
    return [
      ...functions.map((each, index) => decodeFunction(each, `${path}.functionDeclarations[${index}]`)),
      ...(hosted ? [{ type: 'hosted', dialect: DIALECT, definition: hosted } as const] : []),
    ]
  })
}

function decodeFunction(value: JsonValue, path: string): FunctionTool {
  const declaration = asObject(value, path)
  const description = optionalString(declaration, 'description', path)
  const parameters = parametersOf(declaration, path)
  const cacheKey = optionalString(declaration, 'cacheKey', path)
  return {
    type: 'function',
    name: fromWireName(requiredString(declaration, 'name', path)),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(cacheKey === undefined ? {} : { cacheKey }),
    ...asExtensions(othersOf(declaration, DECLARATION)),
  }
}

function parametersOf(declaration: JsonObject, path: string): JsonObject | undefined {
  const schema = optionalObject(declaration, 'parametersJsonSchema', path)
  if (schema) return schema
  const openApi = optionalObject(declaration, 'parameters', path)
  return openApi && fromOpenApi(openApi)
}

/** The tools of a request; undefined when there are none left. */
export function encodeTools(tools: readonly Tool[] | undefined, drop: Drop): JsonObject[] | undefined {
  const functionDeclarations: JsonObject[] = []
  const hosted: JsonObject[] = []
  tools?.forEach((tool, at) => {
    const path = `tools[${at}]`
    if (tool.type === 'function') functionDeclarations.push(encodeFunction(tool, path, drop))
    else if (tool.dialect === DIALECT) hosted.push(tool.definition)
    else drop(path)
  })
  const entries = [...(functionDeclarations.length === 0 ? [] : [{ functionDeclarations }]), ...hosted]
  return entries.length === 0 ? undefined : entries
}

function encodeFunction(tool: FunctionTool, path: string, drop: Drop): JsonObject {
  reportForeign(tool.extensions, `${path}.`, drop)
  if (tool.strict) drop(pathOf(path, 'function.strict'))
  return {
    ...ownExtensions(tool.extensions),
    name: toWireName(tool.name),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(takesSomething(tool.parameters) ? { parametersJsonSchema: hintsOf(tool.parameters) } : {}),
  }
}

/** Google refuses a function whose parameters are an object without properties; none at all means the same. */
function takesSomething(parameters: JsonObject | undefined): parameters is JsonObject {
  if (parameters === undefined) return false
  const { type, properties, ...others } = parameters
  const empty = properties === undefined || (isObject(properties) && Object.keys(properties).length === 0)
  const closed = Object.keys(others).every((keyword) =>
    ['additionalProperties', 'required', '$schema'].includes(keyword),
  )
  return !(empty && closed && (type === 'object' || type === undefined))
}

/** To the model a function's schema is a description: what Google does not enforce is told to it, and nothing of it is lost. */
function hintsOf(parameters: JsonObject): JsonObject {
  return narrowSchema(parameters, '', () => undefined)
}
