import { access, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { CONTEXT_FIELDS, type ContextField, checkedValue } from '../../access/context-fields.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { isTraceId } from '../../tracing/traceparent.ts'
import { type AdminClient, createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { withFileGateway } from '../explain/file-gateway.ts'
import { explanationLines, traceLines } from '../explain/lines.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import type { Output } from '../output.ts'
import { parseSuppose } from '../simulate/suppose.ts'
import { UserError } from '../user-error.ts'

interface ExplainFlags extends GatewayFlags {
  readonly inputTokens?: number
  readonly model?: string
  readonly maxOutputTokens?: number
  readonly requiresJson?: boolean
  readonly stream?: boolean
  readonly complexity?: JsonValue
  readonly budgetUsed?: JsonValue
  readonly path?: string
  readonly config?: string
}

/** `headgate explain`: why this model. */
export function registerExplain(program: Command, cli: Cli): void {
  const command = program
    .command('explain')
    .description('why a call is served by what serves it, or refused: rules, candidates, limits, estimate')
    .argument('[request]', 'a file with a call as JSON, or the id of a trace whose decision is shown')
  for (const field of CONTEXT_FIELDS) command.option(`${flagOf(field)} <value>`, describe(field), checked(field))
  command
    .option('--input-tokens <count>', 'tokens of the prompt, when there is no file', tokens)
    .option('--model <name>', 'a task, logical model or provider/model; the task when it is left out')
    .option('--max-output-tokens <count>', 'the cap of the call, when there is no file', tokens)
    .option('--requires-json', 'a call that asks for JSON, when there is no file')
    .option('--complexity <word>', 'suppose how hard it is: simple, medium, complex or a score', suppose('complexity'))
    .option('--budget-used <share>', 'suppose how much of its fullest budget is used: 0.8', suppose('budget_used'))
    .option('--stream', 'a call that is streamed, when there is no file')
    .option(
      '--path <path>',
      'the address that the call in the file is for, when its shape does not tell: /v1/embeddings',
    )
    .option('--config <file>', 'ask this config, with nothing spent or running, instead of a running gateway')
  withGatewayFlags(command).action((request: string | undefined, flags: ExplainFlags) =>
    cli.run(flags, (output) => explain(cli, output, request, flags)),
  )
}

async function explain(cli: Cli, output: Output, request: string | undefined, flags: ExplainFlags): Promise<void> {
  const file = request === undefined ? null : resolve(cli.context.directory, request)
  const isFile = file !== null && (await exists(file))
  if (request !== undefined && !isFile) {
    if (!isTraceId(request)) throw new UserError(`${request} is neither a file nor the id of a trace`, 2)
    const client = createAdminClient(await gatewayAddress(flags, cli.context))
    const trace = await client.get(`/admin/v1/traces/${request}`)
    return output.result(trace, () => traceLines(trace, output))
  }
  const body = isFile ? await callIn(file, flags) : supposedCall(flags)
  const headers = isFile ? headersOf(flags) : {}
  const ask = (client: Pick<AdminClient, 'post'>) => client.post('/v1/explain', body, headers)
  const told =
    flags.config === undefined
      ? await ask(createAdminClient(await gatewayAddress(flags, cli.context)))
      : await withFileGateway(flags.config, cli.context, ask)
  output.result(told, () => explanationLines(told, output))
}

/** What is said with flags alone. */
function supposedCall(flags: ExplainFlags): JsonObject {
  const said = saidOf(flags)
  if (said.task === undefined && flags.model === undefined) {
    throw new UserError('name a task with --task, a model with --model, a file with a call, or a trace', 2)
  }
  const { inputTokens, model, maxOutputTokens, requiresJson, stream } = flags
  return {
    context: said,
    input_tokens: inputTokens ?? 0,
    ...(model === undefined ? {} : { model }),
    ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    ...(requiresJson === undefined ? {} : { requires_json: requiresJson }),
    ...(stream === undefined ? {} : { stream }),
    ...signalsOf(flags),
  }
}

/** The call in a file. Flags that say the same win over it. */
async function callIn(file: string, flags: ExplainFlags): Promise<JsonObject> {
  const { model, path, inputTokens, maxOutputTokens, requiresJson, stream } = flags
  if ([inputTokens, maxOutputTokens, requiresJson, stream].some((one) => one !== undefined)) {
    throw new UserError(
      '--input-tokens, --max-output-tokens, --requires-json and --stream are in the file, when there is one',
      2,
    )
  }
  const call = parseJson(await readFile(file, 'utf8'))
  if (!isObject(call)) throw new UserError(`${file} does not hold a call as a JSON object`)
  const said = { ...(model === undefined ? {} : { model }), ...(path === undefined ? {} : { path }) }
  return { ...call, ...said, ...signalsOf(flags) }
}

function signalsOf({ complexity, budgetUsed }: ExplainFlags): JsonObject {
  return {
    ...(complexity === undefined ? {} : { complexity }),
    ...(budgetUsed === undefined ? {} : { budget_used: budgetUsed }),
  }
}

function suppose(name: string): (text: string) => JsonValue | undefined {
  return (text) => parseSuppose(`${name}=${text}`)[name]
}

function headersOf(flags: ExplainFlags): Record<string, string> {
  const said = saidOf(flags)
  return Object.fromEntries(
    CONTEXT_FIELDS.flatMap(({ name, header }) => (said[name] === undefined ? [] : [[header, said[name]]])),
  )
}

/** The attributes that flags name, by their snake_case names. */
function saidOf(flags: object): Record<string, string> {
  const given = flags as Readonly<Record<string, unknown>>
  const said: Record<string, string> = {}
  for (const { name, camel } of CONTEXT_FIELDS) {
    const value = given[camel]
    if (typeof value === 'string') said[name] = value
  }
  return said
}

/** `--data-sensitivity`; a tenant is asked for so often that it has a short name too. */
function flagOf({ name }: ContextField): string {
  return name === 'tenant_id' ? '--tenant, --tenant-id' : `--${name.replaceAll('_', '-')}`
}

function describe({ name, rule }: ContextField): string {
  if (name === 'plan') return 'suppose that the tenant is on this plan'
  return rule.type === 'word' ? `${name}: ${rule.words.join(', ')}` : `${name} of the call`
}

/** A value that no call could have was asked for wrongly. */
function checked({ name, rule }: ContextField): (text: string) => string {
  return (text) => {
    try {
      checkedValue(rule, text, name)
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
    return text
  }
}

function tokens(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a number of tokens.')
  return Number(text)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
