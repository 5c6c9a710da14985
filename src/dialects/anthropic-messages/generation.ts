/*
 * What a generation of Claude takes, by the version in its name. Anthropic changed these rules between models of one API, and
 * refuses what a model does not take; callers who speak another format cannot know. Names without a version we know (other
 * vendors' models behind this format) get the rules of the oldest.
 *
 * Read 2026-11-21 in the migration guides at https://platform.claude.com/docs/en/about-claude/models/migration-guide:
 * - thinking takes a token budget before 4.6, a budget or `adaptive` at 4.6, and is only `adaptive` from 4.7 on;
 * - it is off unless asked for before 5, on unless disabled from 5 on; Fable, Mythos and all from 5.5 on cannot be without it;
 * - `temperature` and `top_p` exclude each other from 4.1 on; from 4.7 on neither they nor `top_k` are taken;
 * - the effort `xhigh` came with 4.7, schemas with 4.5 and Opus 4.1, `system` turns with Opus 4.8 (not in Sonnet 5).
 */

/** The rules of one model. */
export interface Generation {
  /** Whether the name told the version; if not, these are guesses and a caller who writes this format knows better. */
  readonly known: boolean
  /** How thinking is asked for. */
  readonly thinking: 'budget' | 'either' | 'adaptive'
  /** How to have no thinking: by silence, by saying so, or not at all. */
  readonly noThinking: 'silence' | 'disabled' | 'impossible'
  /** Whether the effort level `xhigh` is known. */
  readonly xhigh: boolean
  /** Whether a message of role `system` may stand among the turns. */
  readonly instructions: boolean
  /** Whether answers and tool calls can be held to a schema. */
  readonly structured: boolean
  /** Which of `temperature`, `top_p` and `top_k` may be set. */
  readonly sampling: 'all' | 'temperature-or-top-p' | 'none'
}

const UNKNOWN: Generation = {
  known: false,
  thinking: 'budget',
  noThinking: 'disabled',
  xhigh: false,
  instructions: false,
  structured: true,
  sampling: 'all',
}

/** The rules of a model, by its upstream name, with or without a vendor prefix and a date. */
export function generationOf(model: string): Generation {
  const match = /claude-(?:([a-z]+)-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?/.exec(model)
  if (!match) return UNKNOWN
  const [, family, major, minor] = match
  /** 4.6 is 406. */
  const version = Number(major) * 100 + Number(minor ?? 0)
  const alwaysThinks = family === 'fable' || family === 'mythos' || version >= 505
  return {
    known: true,
    thinking: version < 406 ? 'budget' : version < 407 ? 'either' : 'adaptive',
    noThinking: alwaysThinks ? 'impossible' : version >= 500 ? 'disabled' : 'silence',
    xhigh: version >= 407,
    instructions: version >= 408 && !(family === 'sonnet' && version < 505),
    structured: version >= 405 || (family === 'opus' && version >= 401),
    sampling: version < 401 ? 'all' : version < 407 ? 'temperature-or-top-p' : 'none',
  }
}
