import type { Risk } from '../canonical/call-words.ts'
import type { Latency } from '../canonical/latency.ts'
import type { NanoUsd } from '../canonical/money.ts'
import type { ResponseMode } from '../config/sections/allowances.ts'
import type { ConditionAttribute, ConditionConfig } from '../config/sections/conditions.ts'
import type { Money } from '../money/reservation.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { StrategyName } from './strategies/strategy.ts'

/** A parameter as policy sees it: its value when the call is silent, and the most it may be. Null is no say. */
export interface ParameterLimits {
  readonly default: number | null
  readonly max: number | null
}

/** How a streamed answer is handed over: when (as it comes, or once it is whole), and what becomes of one that was cut. */
export interface Handover {
  readonly delivery: 'stream' | 'whole'
  readonly partial: 'error' | 'return'
}

/** What is done about an answer that is not what was asked for. */
export interface InvalidOutputPolicy {
  /** How often the same deployment is asked again. */
  readonly retries: number
  /** Who is asked then, instead of the fallbacks; null for nobody in particular. */
  readonly escalateTo: string | null
}

/** What calls may ask for. Absent or null is no limit. */
export interface Allowances {
  readonly maxInputTokens?: number | null
  /** Names of tools, `read_*` or `*`. */
  readonly allowedTools?: readonly string[] | null
  readonly allowedResponseModes?: readonly ResponseMode[] | null
}

/** How a kind of work is to be run. Names are logical models or `provider/model`. */
export interface TaskPolicy extends Allowances {
  readonly name: string
  readonly default: string
  /** What takes over, in order. */
  readonly fallback: readonly string[]
  /** The deadline of a call. */
  readonly maxLatencyMs: number | null
  /** The most one call may cost. */
  readonly maxCost: NanoUsd | null
  readonly parameters: TaskParameters
  /** Null: as it comes, or whole where the answer is checked. */
  readonly delivery: Handover['delivery'] | null
  readonly partial: Handover['partial']
  /** What answers must be, also of calls that do not ask for it. Default: what the call asks for. */
  readonly responseFormat?: 'json' | null
  /** Default: nothing; answers are then checked only against the task's own format. */
  readonly onInvalidOutput?: InvalidOutputPolicy | null
  /** Whether answers must cite their sources. Default: they need not. */
  readonly requiresCitations?: boolean
  /** Whether a call must say the version of its prompt. Default: it need not. */
  readonly promptVersion?: 'required' | 'optional'
  /** Whether a lesser model may serve in place of the first choice. Default: it may. */
  readonly fallbackPolicy?: { readonly allowDowngrade: boolean } | null
  /** A model that is tried on a share of the calls (`weight`, 0 to 1). Default: none. */
  readonly canary?: { readonly use: string; readonly weight: number } | null
  /** Where the default was promoted: the one before it, and the risks of calls that may be served by the new one. Default: it was not. */
  readonly promote?: { readonly insteadOf: string | null; readonly risk: readonly Risk[] } | null
  /** The first that fits a call has its way. Default: none. */
  readonly rules?: readonly TaskRule[]
}

/** What a task says of parameters. */
export interface TaskParameters {
  readonly temperature: ParameterLimits
  readonly topP: ParameterLimits
  readonly maxOutputTokens: ParameterLimits
}

/** For calls that meet all conditions: these keys instead of the task's own. */
export interface TaskRule {
  readonly conditions: ReadonlyMap<ConditionAttribute, ConditionConfig>
  readonly change: Partial<
    Omit<
      TaskPolicy,
      'name' | 'rules' | 'canary' | 'promote' | 'parameters' | 'promptVersion' | 'fallbackPolicy' | 'requiresCitations'
    >
  > & {
    readonly parameters?: Partial<TaskParameters>
  }
}

/** A logical model: deployments (`provider/model`) in order of preference. */
export interface LogicalModel {
  readonly name: string
  readonly deployments: readonly string[]
  /** How one of them is chosen. Default: the first that can serve. */
  readonly strategy?: 'priority' | StrategyName
  /** Parts of the calls, by deployment. Default: 1 each. */
  readonly weights?: ReadonlyMap<string, number>
}

/** What a tenant may use: its plan with its own overrides laid over it. Null is no limit. */
export interface TenantLimits extends Allowances {
  /** Names of tasks, logical models, `provider/model`, `provider/*` or `*`. */
  readonly allowedModels: readonly string[] | null
  readonly maxInputTokens: number | null
  readonly maxOutputTokens: number | null
  /** Where its data must stay; absent or null is anywhere. */
  readonly region?: string | null
}

/** The parts of the money room that a decision needs. */
export type Pricing = Pick<Money, 'bound' | 'affordableOutput' | 'estimateInput'>

/** Everything that policy decides by; read once per version of the configuration. */
export interface PolicyInput {
  readonly tasks: ReadonlyMap<string, TaskPolicy>
  readonly models: ReadonlyMap<string, LogicalModel>
  readonly tenants: ReadonlyMap<string, TenantLimits>
  /** The deployment with this id, or null when its provider is not configured. */
  deployment(id: string): Deployment | null
  /** Deployments of configured providers that are known to serve a bare upstream model name. */
  serving(model: string): readonly Deployment[]
  readonly pricing: Pricing
  /** How long a deployment took lately, for streams or for answers in one piece; null when too little is known. Default: nothing is. */
  readonly latencyOf?: (deployment: Deployment, streams: boolean) => Latency | null
  /** How many calls of this instance run on a deployment now. Default: none. */
  readonly runningOf?: (deployment: Deployment) => number
  /**
   * The output cap of a call for which nobody names one: it bounds what the call can cost, so that it can be held. Default 32,768,
   * less where the model's own maximum is less, and 4096 where that is not known; a reasoning budget comes on top.
   */
  readonly uncappedOutputTokens?: number
}
