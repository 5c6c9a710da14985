import { ownName } from './capabilities/row.ts'

/**
 * The models that OpenAI and Azure have in Responses alone: asked for in Chat Completions they answer 404 ("only supported in v1/responses", "not a chat
 * model"). Other hosts of the same models, OpenRouter among them, take both.
 *
 * Read 2026-11-21 from `ResponsesModel` of https://github.com/openai/openai-node/blob/master/src/resources/shared.ts (what chat clients are
 * offered too is not in it), for `-pro` from https://github.com/BerriAI/litellm/pull/23143 and https://github.com/simonw/llm/issues/1317, for
 * Codex from https://neon.com/docs/ai-gateway/openai-responses.
 */
const RESPONSES_ONLY =
  /^(?:(?:o[13]|gpt-5(?:\.\d)?)-pro|gpt-5(?:\.\d)?-codex|codex-mini|o[34](?:-mini)?-deep-research|computer-use-preview)(?![a-z\d])/

const AT = ['openai', 'azure-openai']

/** Whether a model cannot be called in Chat Completions at a type of provider. */
export function isResponsesOnly(model: string, type: string): boolean {
  return AT.includes(type) && RESPONSES_ONLY.test(ownName(model))
}
