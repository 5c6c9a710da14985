/*
 * Which models give their reasoning back, encrypted, when `include` asks for it. OpenAI refuses the word for models that do not reason
 * ("Encrypted content is not supported with this model"), so it is asked for by name: https://developers.openai.com/api/docs/guides/reasoning and
 * https://docs.x.ai/developers/model-capabilities/text/comparison (2026-11-21).
 */

/** What `include` has to say. */
export const SEALED_REASONING = 'reasoning.encrypted_content'

const REASONS = /^(?:o\d|gpt-(?:[5-9]|\d\d)|codex|grok-(?:3-mini|4|[5-9]|\d\d|code))/
const ANSWERS_AT_ONCE = /(?:^|[-.])(?:chat|non-reasoning)(?:[-.]|$)/

/** Whether a model is known to take the word; its name may have a vendor before it. */
export function sealsReasoning(model: string): boolean {
  const name = model.slice(model.lastIndexOf('/') + 1).replace(/^ft:/, '')
  return REASONS.test(name) && !ANSWERS_AT_ONCE.test(name)
}
