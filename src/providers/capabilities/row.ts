import type { Capability } from '../../canonical/capability.ts'

/** A family of models that lack the same. A model lacks what all rows say that match it. */
export interface CapabilityRow {
  /** The family, for people. */
  readonly title: string
  /** Matches the bare name of a model: lower case, without what stands before it (`ownName`). */
  readonly models: RegExp
  /** Names that it is meant for, as providers write them. */
  readonly examples: readonly string[]
  /** The types of provider at which this was seen. Absent: the models themselves cannot do it, wherever they run. */
  readonly at?: readonly string[]
  readonly lacks: readonly Capability[]
  /** Where this was read, and when. */
  readonly source: { readonly url: string; readonly date: string }
}

/** Bedrock writes the region and the vendor before the name: `us.anthropic.claude-…`. Only DeepSeek's names say nothing without it. */
const BEDROCK_PREFIX =
  /^(?:[a-z-]+\.)?(?:ai21|amazon|anthropic|cohere|google|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|zai)\./
const BEDROCK_DEEPSEEK = /^(?:[a-z-]+\.)?deepseek\./

/**
 * The bare name of a model, in lower case: without its path (`accounts/…/models/`, `meta-llama/`, the beginning of an ARN), Bedrock's vendor
 * and region, and OpenAI's mark of a tuned model. Dates and versions behind it stay.
 */
export function ownName(model: string): string {
  const last = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  return last.replace(/^ft:/, '').replace(BEDROCK_DEEPSEEK, 'deepseek-').replace(BEDROCK_PREFIX, '')
}
