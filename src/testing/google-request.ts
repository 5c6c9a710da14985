import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { checkContents } from './google-contents.ts'
import { field, listOf } from './google-fields.ts'
import { lastUserText, positive, promptTokens, type WireRequest } from './wire-request.ts'

/** What Gemini's addresses say. */
export const GEMINI_PATH = /\/(?:models|tunedModels)\/(.+):(generateContent|streamGenerateContent)$/

const FIELDS = new Set([
  ...['model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'safetySettings'],
  ...['cachedContent', 'labels', 'serviceTier', 'store'],
])
const CONFIG_FIELDS = new Set([
  ...['maxOutputTokens', 'temperature', 'topP', 'topK', 'stopSequences', 'seed', 'candidateCount', 'presencePenalty'],
  ...['frequencyPenalty', 'responseMimeType', 'responseSchema', 'responseJsonSchema', 'responseModalities'],
  ...['responseLogprobs', 'logprobs', 'thinkingConfig', 'mediaResolution', 'speechConfig', 'responseFormat'],
])
const TOOL_FIELDS = new Set([
  ...['functionDeclarations', 'googleSearch', 'googleSearchRetrieval', 'codeExecution', 'urlContext', 'googleMaps'],
  ...['fileSearch', 'computerUse', 'mcpServers'],
])
const DECLARATION_FIELDS = new Set([
  ...['name', 'description', 'parameters', 'parametersJsonSchema', 'response', 'responseJsonSchema', 'behavior'],
])
/** The subset of OpenAPI that `parameters` and `responseSchema` take. */
const SCHEMA_FIELDS = new Set([
  ...['type', 'format', 'title', 'description', 'nullable', 'enum', 'items', 'maxItems', 'minItems', 'properties'],
  ...['required', 'minProperties', 'maxProperties', 'minLength', 'maxLength', 'pattern', 'example', 'anyOf'],
  ...['propertyOrdering', 'default', 'minimum', 'maximum'],
])
const FUNCTION_NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/
const MODES = new Set(['AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED'])
const MOST_STOPS = 5

/** Reads a `generateContent` request as strictly as Google does; `path` is where it was sent. Throws BadRequest. */
export function readGoogleRequest(body: JsonObject, path: string): WireRequest {
  const [, name = '', method] = GEMINI_PATH.exec(path) ?? []
  const model = decodeURIComponent(name)
  refuseUnknown(body, FIELDS, '')
  const contents = listOf(field(body, 'contents'))
  checkContents(contents, isThird(model))
  const config = objectAt(body, 'generationConfig')
  const tools = listOf(field(body, 'tools')).flatMap(declarationsOf)
  checkConfig(config, model, tools.length > 0)
  const calling = objectAt(objectAt(body, 'toolConfig'), 'functionCallingConfig')
  const plain = plainly(body, contents, tools)
  return {
    dialect: 'google-generate-content',
    model,
    stream: method === 'streamGenerateContent',
    includeUsage: true,
    maxTokens: positive(field(config, 'maxOutputTokens')),
    stops: listed(field(config, 'stopSequences')).map(String),
    choices: positive(field(config, 'candidateCount')) ?? 1,
    tools: tools.map((tool) => ({ name: String(tool.name), parameters: parametersOf(tool) })),
    mustCall: mustCall(calling, tools),
    json: field(config, 'responseMimeType') === 'application/json' ? schemaOf(config) : null,
    promptTokens: promptTokens(plain),
    lastRole: contents.at(-1)?.role === 'model' ? 'assistant' : 'user',
    lastUserText: lastUserText(Array.isArray(plain.messages) ? plain.messages : []),
  }
}

function isThird(model: string): boolean {
  return /^gemini-[3-9]/.test(model)
}

/** Whether a model is of the generations before. Names without a version may be anything. */
function isOld(model: string): boolean {
  return /^gemini-[12]/.test(model)
}

function refuseUnknown(source: JsonObject, known: ReadonlySet<string>, at: string): void {
  for (const name of Object.keys(source)) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    if (known.has(camel)) continue
    const place = at === '' ? '' : ` at '${at}'`
    throw new BadRequest(`Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`, name)
  }
}

function checkConfig(config: JsonObject, model: string, hasFunctions: boolean): void {
  refuseUnknown(config, CONFIG_FIELDS, 'generation_config')
  const stops = listed(field(config, 'stopSequences')).length
  if (stops > MOST_STOPS)
    throw new BadRequest(`generation_config.stop_sequences: at most ${MOST_STOPS} may be given, not ${stops}.`)
  const temperature = field(config, 'temperature')
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 2))
    throw new BadRequest('Unable to submit request because it has a temperature value outside of 0 to 2.')
  const { json, openApi } = { json: field(config, 'responseJsonSchema'), openApi: field(config, 'responseSchema') }
  const isJson = field(config, 'responseMimeType') === 'application/json'
  if ((json ?? openApi) !== undefined && !isJson)
    throw new BadRequest('generation_config.response_schema: only allowed with response_mime_type application/json.')
  if (json !== undefined && openApi !== undefined)
    throw new BadRequest('response_schema and response_json_schema must not both be set.')
  if (isObject(openApi)) checkOpenApi(openApi, 'generation_config.response_schema')
  if (isJson && hasFunctions && isOld(model))
    throw new BadRequest("Function calling with a response mime type: 'application/json' is unsupported")
  checkThinking(objectAt(config, 'thinkingConfig'), model)
}

function checkThinking(thinking: JsonObject, model: string): void {
  const level = field(thinking, 'thinkingLevel')
  const budget = field(thinking, 'thinkingBudget')
  if (level !== undefined && budget !== undefined)
    throw new BadRequest('You can only set only one of thinking budget and thinking level.')
  if (level !== undefined && isOld(model)) throw new BadRequest('Thinking level is not supported for this model.')
  if (budget === 0 && /^gemini-2\.5-pro/.test(model))
    throw new BadRequest('Budget 0 is invalid. This model only works in thinking mode.')
}

function declarationsOf(tool: JsonObject): JsonObject[] {
  refuseUnknown(tool, TOOL_FIELDS, 'tools')
  const declarations = listOf(field(tool, 'functionDeclarations'))
  for (const declaration of declarations) {
    refuseUnknown(declaration, DECLARATION_FIELDS, 'tools.function_declarations')
    if (typeof declaration.name !== 'string' || !FUNCTION_NAME.test(declaration.name))
      throw new BadRequest('GenerateContentRequest.tools.function_declarations.name: Invalid function name.', 'tools')
    const openApi = field(declaration, 'parameters')
    if (openApi !== undefined && field(declaration, 'parametersJsonSchema') !== undefined)
      throw new BadRequest('parameters and parameters_json_schema must not both be set.', 'tools')
    if (isObject(openApi)) checkOpenApi(openApi, 'tools.function_declarations.parameters')
  }
  return declarations
}

function checkOpenApi(schema: JsonObject, at: string): void {
  refuseUnknown(schema, SCHEMA_FIELDS, at)
  if (Array.isArray(schema.type)) throw new BadRequest(`Proto field is not repeating, cannot start list: ${at}.type`)
  const inner = [...Object.values(objectAt(schema, 'properties')), schema.items, ...listed(field(schema, 'anyOf'))]
  for (const each of inner) if (isObject(each)) checkOpenApi(each, at)
}

function mustCall(calling: JsonObject, tools: readonly JsonObject[]): string | null {
  const mode = field(calling, 'mode') ?? 'AUTO'
  if (!MODES.has(String(mode))) throw new BadRequest(`Invalid value at 'tool_config.mode': ${String(mode)}`)
  const names = listed(field(calling, 'allowedFunctionNames'))
  if (names.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED')
    throw new BadRequest('allowed_function_names may only be set with the mode ANY or VALIDATED.')
  if (mode !== 'ANY') return null
  if (tools.length === 0) throw new BadRequest('Function calling mode is set without function declarations.')
  return names.length === 0 ? '' : String(names[0])
}

function parametersOf(declaration: JsonObject): JsonValue | undefined {
  return field(declaration, 'parametersJsonSchema') ?? inSmallLetters(field(declaration, 'parameters'))
}

function schemaOf(config: JsonObject): JsonValue {
  return field(config, 'responseJsonSchema') ?? inSmallLetters(field(config, 'responseSchema')) ?? {}
}

/** An OpenAPI schema's types as JSON Schema writes them. */
function inSmallLetters(schema: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(schema)) return schema.map((each) => inSmallLetters(each) ?? null)
  if (!isObject(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === 'type' && typeof value === 'string' ? value.toLowerCase() : (inSmallLetters(value) ?? null),
    ]),
  )
}

/** The conversation in the words that tokens are counted in. */
function plainly(body: JsonObject, contents: readonly JsonObject[], tools: readonly JsonObject[]): JsonObject {
  const system = field(body, 'systemInstruction')
  return {
    system: isObject(system) ? listOf(field(system, 'parts')).map(plainPart) : [],
    messages: contents.map((content) => ({
      role: content.role === 'model' ? 'assistant' : 'user',
      content: listOf(field(content, 'parts')).map(plainPart),
    })),
    tools: [...tools],
  }
}

function plainPart(part: JsonObject): JsonObject {
  const call = field(part, 'functionCall')
  const result = field(part, 'functionResponse')
  if (isObject(call)) return { type: 'tool_use', name: String(call.name), input: call.args ?? {} }
  if (isObject(result)) return { type: 'text', content: spoken(result.response) }
  return typeof part.text === 'string' ? { type: 'text', text: part.text } : { type: 'image' }
}

function spoken(response: JsonValue | undefined): string {
  if (!isObject(response)) return ''
  const said = response.output ?? response.error
  return typeof said === 'string' ? said : JSON.stringify(response)
}

function objectAt(source: JsonObject, name: string): JsonObject {
  const value = field(source, name)
  return isObject(value) ? value : {}
}

function listed(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}
