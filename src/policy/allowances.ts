import type { CallContext } from '../access/context.ts'
import type { ResponseMode } from '../config/sections/allowances.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { CallSignals } from './call-facts.ts'
import type { OfferedTool } from './offered-tool.ts'
import type { Allowances, TaskPolicy } from './policy-input.ts'

/*
 * What a call may ask for, whoever serves it. Task (or its rule) and tenant (or its plan) each have a word; both must allow. It is looked at before any
 * deployment is, so the refusal names what the caller wrote.
 */

/** A call, as far as it is allowed things. */
export interface CallToAllow {
  readonly context: Pick<CallContext, 'promptVersion'>
  readonly leastInputTokens: number
  readonly signals: CallSignals
}

/** Refuses what is not allowed. Throws GatewayError `metadata_missing`, `context_length_exceeded`, `tool_not_allowed` or `permission_denied`. */
export function checkAllowances(call: CallToAllow, task: TaskPolicy | null, tenant: Allowances | null): void {
  if (task?.promptVersion === 'required' && call.context.promptVersion === null) throw promptVersionMissing(task.name)
  const mode = task?.responseFormat === 'json' ? madeJson : asAsked
  if (task) checkOne(call, task, task.name, mode)
  if (tenant) checkOne(call, tenant, null, mode)
}

/** What one of them says: a task of this name, or (null) the tenant. */
function checkOne(call: CallToAllow, allowances: Allowances, task: string | null, modeOf: typeof asAsked): void {
  const { maxInputTokens = null, allowedTools = null, allowedResponseModes = null } = allowances
  const { leastInputTokens, signals } = call
  if (maxInputTokens !== null && leastInputTokens > maxInputTokens) {
    throw new GatewayError(
      'context_length_exceeded',
      `The prompt has about ${leastInputTokens} tokens; ${nameOf(task)} allows ${maxInputTokens}. Shorten it.`,
      { param: 'messages', details: { input_tokens: leastInputTokens, max_input_tokens: maxInputTokens } },
    )
  }
  if (allowedTools !== null) {
    const refused = signals.tools().find(({ name }) => !isToolAllowed(name, allowedTools))
    if (refused) throw toolNotAllowed(refused, allowedTools, nameOf(task))
  }
  if (allowedResponseModes !== null) {
    const mode = modeOf(signals)
    if (!allowedResponseModes.includes(mode)) {
      const ways = allowedResponseModes.join(', ')
      throw new GatewayError('permission_denied', `The call asks for ${mode}; ${nameOf(task)} allows ${ways}.`, {
        param: 'response_format',
        details: { response_mode: mode, allowed_response_modes: [...allowedResponseModes] },
      })
    }
  }
}

function nameOf(task: string | null): string {
  return task === null ? "this tenant's plan" : `the task ${task}`
}

function asAsked(signals: CallSignals): ResponseMode {
  return signals.responseMode()
}

/** Under a task whose answers are JSON a call that asks for nothing asks for that. */
function madeJson(signals: CallSignals): ResponseMode {
  const mode = signals.responseMode()
  return mode === 'text' ? 'json' : mode
}

/** Whether a list of names covers a tool; `read_*` covers what begins so. */
export function isToolAllowed(name: string, allowed: readonly string[]): boolean {
  return allowed.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name))
}

function toolNotAllowed({ name, path }: OfferedTool, allowed: readonly string[], whose: string): GatewayError {
  const others = allowed.length === 0 ? 'none' : allowed.join(', ')
  return new GatewayError('tool_not_allowed', `The tool "${name}" may not be used; ${whose} allows ${others}.`, {
    param: path,
    details: { tool: name, allowed_tools: [...allowed] },
  })
}

function promptVersionMissing(task: string): GatewayError {
  return new GatewayError(
    'metadata_missing',
    `Calls of the task ${task} must say prompt_version. Give it as the header x-headgate-prompt-version, in the body (metadata.prompt_version), or bind a default to the key.`,
    { param: 'metadata.prompt_version', details: { missing: ['prompt_version'] } },
  )
}
