import type { Complexity } from '../../canonical/call-words.ts'
import type { Part } from '../../canonical/content.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'

/*
 * How hard a call is, judged by what can be counted: what is asked (the last user turn), how much there is to read, how long the conversation is, what
 * tools and thinking are asked for. Each sign adds its points; the sum becomes a score from 0 to 1. It reads no more than a few thousand characters,
 * knows English best and nothing of the subject. It is a rule of thumb: where a wrong guess costs much, name the task instead.
 */

/** From this score on a call is `medium`. */
const MEDIUM_FROM = 0.35
/** From this score on a call is `complex`. */
const COMPLEX_FROM = 0.65

/** The points at which the score is a half. */
const HALF_AT = 2
const CHARS_READ = 6_000

/** Work in several steps: to prove, design, plan, debug, compare, weigh. */
const HARD_WORK =
  /\b(?:prove|proof|derive|design|architect\w*|plan|debug|refactor|optimi[sz]e|implement|analy[sz]e|evaluate|compare|contrast|trade-?offs?|step[- ]by[- ]step|reason(?:ing)?|why does|root cause|strategy|algorithm|theorem|multi-?step)\b/gi
/** Work in one step: to sort, pull out, put otherwise. */
const EASY_WORK =
  /\b(?:classify|label|categori[sz]e|extract|translate|summari[sz]e|rephrase|rewrite|spell|define|yes or no|true or false|one word|sentiment)\b/gi
const CODE = /```|^\s{0,8}(?:def|class|function|import|public|SELECT|const|let|var|#include)\b/gm
const NUMBERED = /^\s*(?:\d+[.)]|[-*•])\s+/gm

/** Judges a call by what can be counted. */
export function ruleOfThumb(request: CanonicalRequest): Complexity {
  const ask = lastAsk(request)
  const turns = request.messages.filter(({ role }) => role === 'user').length
  const results = request.messages.filter(({ role }) => role === 'tool').length
  let points = 0
  points += Math.min(2, ask.length / 1_500)
  points += Math.min(4, 1.5 * count(ask, HARD_WORK)) - Math.min(1.5, count(ask, EASY_WORK))
  points += Math.min(2, count(ask, CODE))
  points += Math.min(1.5, count(ask, NUMBERED) / 3)
  points += Math.min(1, Math.max(0, count(ask, /\?/g) - 1) / 2)
  points += Math.min(1, (turns - 1) / 6)
  points += Math.min(1.5, results / 3)
  points += Math.min(1.5, (request.tools?.length ?? 0) / 4)
  if (request.reasoning && request.reasoning.effort !== 'none' && request.reasoning.effort !== 'minimal') points += 1.5
  const score = points <= 0 ? 0 : Math.round((1000 * points) / (points + HALF_AT)) / 1000
  return { label: score >= COMPLEX_FROM ? 'complex' : score >= MEDIUM_FROM ? 'medium' : 'simple', score }
}

/** The text of the last user turn, its end where it is long: that is where the question stands. */
export function lastAsk({ messages }: CanonicalRequest): string {
  const last = messages.findLast(({ role }) => role === 'user')
  const text = last?.content.map(textOf).join('\n') ?? ''
  return text.length > CHARS_READ ? text.slice(-CHARS_READ) : text
}

function textOf(part: Part): string {
  return part.type === 'text' ? part.text : ''
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
