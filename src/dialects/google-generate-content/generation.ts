/*
 * What a generation of Gemini takes, by the version in its name. Google changed these rules between models of one API, and refuses what a
 * model does not take; callers who speak another format cannot know.
 *
 * Read 2026-11-21 at https://ai.google.dev/gemini-api/docs/thinking, .../thought-signatures, .../function-calling and
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking:
 * - thinking is a budget of tokens with 2.5 (Pro cannot be without it), a level from 3 on; older models do not think;
 * - the level `minimal` is known to Flash up to 3.6 and to Flash-Lite, `medium` to all but 3 Pro;
 * - from 3 on, a function call of the running turn without its thought signature is refused;
 * - from 3 on, results of functions may hold media, and an answer may be JSON while there are functions to call.
 */

/** A level of thinking, in Google's words. */
export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH'

/** The rules of one model. */
export interface Generation {
  /** Whether the name told the version; if not, these are guesses and a caller who writes this format knows better. */
  readonly known: boolean
  /** How thinking is asked for. */
  readonly thinking: 'never' | 'budget' | 'level'
  /** The levels it knows. */
  readonly levels: readonly ThinkingLevel[]
  /** The least and the most tokens of a budget; none at all is possible where `canBeOff`. */
  readonly budget: { readonly least: number; readonly most: number; readonly canBeOff: boolean }
  /** Whether it refuses function calls without a thought signature. */
  readonly sealedCalls: boolean
  /** Whether results of functions may hold pictures and documents. */
  readonly mediaResults: boolean
  /** Whether an answer may be held to JSON while there are functions to call. */
  readonly jsonWithTools: boolean
}

const LEVELS: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']
const BUDGET = { least: 1, most: 24_576, canBeOff: true }
const PRO_BUDGET = { least: 128, most: 32_768, canBeOff: false }
const LITE_BUDGET = { least: 512, most: 24_576, canBeOff: true }

/** Models of which the name says nothing: tuned ones, other families behind this format. */
const UNKNOWN: Generation = {
  known: false,
  thinking: 'budget',
  levels: LEVELS,
  budget: BUDGET,
  sealedCalls: false,
  mediaResults: true,
  jsonWithTools: true,
}

/** The version that names like `gemini-flash-latest` stand for, at least. */
const LATEST = 308

/** The rules of a model, by its upstream name, with or without a path before it. */
export function generationOf(model: string): Generation {
  const match = /gemini-(?:(\d{1,2})(?:\.(\d{1,2}))?|(?=[a-z-]+-latest))-?(pro|flash-lite|flash)?/.exec(model)
  if (!match) return UNKNOWN
  const [, major, minor, family] = match
  /** 2.5 is 205. */
  const version = major === undefined ? LATEST : Number(major) * 100 + Number(minor ?? 0)
  const third = version >= 300
  return {
    known: true,
    thinking: third ? 'level' : version >= 205 ? 'budget' : 'never',
    levels: LEVELS.filter((level) => knowsLevel(level, version, family)),
    budget: family === 'pro' ? PRO_BUDGET : family === 'flash-lite' ? LITE_BUDGET : BUDGET,
    sealedCalls: third,
    mediaResults: third,
    jsonWithTools: third,
  }
}

function knowsLevel(level: ThinkingLevel, version: number, family: string | undefined): boolean {
  if (level === 'MINIMAL') return family === 'flash-lite' || (family === 'flash' && version < 307)
  return level !== 'MEDIUM' || !(family === 'pro' && version === 300)
}
