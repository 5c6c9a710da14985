import { LruMap } from '../lib/lru-map.ts'

/*
 * Models that generate tokens which their stream does not show: hidden reasoning, of which at most a summary comes, and sound. What cannot be
 * seen cannot be metered, so their streams hold the whole cap from the start. What is missing here is learned (`output-size.ts`), one answer late.
 *
 * Read on 2026-11-20: https://platform.openai.com/docs/guides/reasoning, https://docs.x.ai/docs/guides/reasoning,
 * https://ai.google.dev/gemini-api/docs/thinking, https://api-docs.deepseek.com/guides/reasoning_model, https://docs.mistral.ai/capabilities/reasoning,
 * https://docs.claude.com/en/docs/build-with-claude/extended-thinking (from Claude 4 on, a summary of the thinking is shown and the whole is billed).
 */

/** One pattern, because it is looked for with every stream. */
const UNSEEN = new RegExp(
  [
    /^o[1-9](-|$)/,
    /^gpt-(?:[5-9]|\d\d)(?!.*chat)/,
    /^codex-/,
    /^gemini-(?:2\.5|[3-9])/,
    /^grok-(?!.*non-reasoning)(?:[4-9]|.*reasoning)/,
    /^magistral/,
    /reasoner/,
    /thinking/,
    /audio|realtime/,
  ]
    .map(({ source }) => `(?:${source})`)
    .join('|'),
)

const THINKS_WHEN_ASKED = /^claude-(?!2|3|instant)/

/** Models of which it was asked before, and whether they hide it always. */
const known = new LruMap<string, boolean>(1000)

/** Whether a model by this name hides a part of its output. `reasoning`: the call asks for it. Names may have a vendor in front: `openai/o3`. */
export function hidesOutput(model: string, reasoning: boolean): boolean {
  let always = known.get(model)
  if (always === undefined) {
    always = UNSEEN.test(plainName(model))
    known.set(model, always)
  }
  return always || (reasoning && THINKS_WHEN_ASKED.test(plainName(model)))
}

function plainName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).toLowerCase()
}
