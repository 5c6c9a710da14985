import { CAPABILITIES, type Capability } from '../canonical/capability.ts'
import { BEDROCK_ROWS } from './capabilities/bedrock.ts'
import { CLAUDE_ROWS } from './capabilities/claude.ts'
import { HOST_ROWS } from './capabilities/hosts.ts'
import { MISTRAL_ROWS } from './capabilities/mistral.ts'
import { NO_CHAT_ROWS } from './capabilities/no-chat.ts'
import { OPEN_WEIGHTS_ROWS } from './capabilities/open-weights.ts'
import { OPENAI_ROWS } from './capabilities/openai.ts'
import { OTHER_VENDOR_ROWS } from './capabilities/other-vendors.ts'
import { type CapabilityRow, ownName } from './capabilities/row.ts'

/*
 * What models cannot do, by family. A wrong word here refuses calls that would work, so only what is known to be missing is listed: a model
 * that nobody listed is trusted with everything, patterns end where knowledge ends (GPT-5.6, not GPT-5.7), and the operator's own word
 * (`models.NAME.lacks` of a provider) counts more. Context windows and output caps come from the price book.
 *
 * Hosts differ. What a model cannot read it cannot read anywhere; but files, schemas, tools and the word for how much to think are handled by
 * the host, so rows about them say `at` which. In particular:
 * - `reasoning` is listed where the provider answers 400 to a call that asks for it. OpenRouter, Ollama and vLLM leave the field out for models
 *   that do not think, and older Geminis, Cohere and Bedrock's other vendors get requests without it (reported as dropped), so nothing is
 *   listed there.
 * - `json_schema` is listed where the provider answers 400, and where its format cannot ask for it: an answer that no schema holds is not what
 *   the caller asked for. Most hosts of open weights hold any model to a schema.
 */

/** Every row; a model lacks what all rows say that match it. */
export const CAPABILITY_ROWS: readonly CapabilityRow[] = [
  ...NO_CHAT_ROWS,
  ...OPENAI_ROWS,
  ...CLAUDE_ROWS,
  ...BEDROCK_ROWS,
  ...MISTRAL_ROWS,
  ...OTHER_VENDOR_ROWS,
  ...OPEN_WEIGHTS_ROWS,
  ...HOST_ROWS,
]

const NOTHING: readonly Capability[] = []

/**
 * What a model is known not to do at a type of provider, in the order of the capabilities; nothing for one that nobody listed. `model` is the
 * upstream's name, such as `meta-llama/llama-3.1-8b`.
 */
export function lacksOf(model: string, type: string): readonly Capability[] {
  const name = ownName(model)
  const rows = CAPABILITY_ROWS.filter(({ models, at }) => (!at || at.includes(type)) && models.test(name))
  if (rows.length === 0) return NOTHING
  return CAPABILITIES.filter((capability) => rows.some(({ lacks }) => lacks.includes(capability)))
}
