import { decodeHidden } from './decode-hidden.ts'
import { createSignFinder } from './find-signs.ts'
import { concealedParts, readingsOf } from './normalise.ts'
import type { Sign, SignKind } from './sign.ts'
import { CHANNELS, COERCION, CONCEALMENT, EXFILTRATION, PRESSURE } from './signs/action-signs.ts'
import { ANSWER, CODE, UNBOUND } from './signs/answer-signs.ts'
import { ADDRESS, IDENTITY, IMPERSONATION, OVERRIDE } from './signs/authority-signs.ts'
import { EAST_ASIAN, EUROPEAN } from './signs/other-languages.ts'
import { SQUEEZED, squeeze } from './signs/squeezed.ts'
import { levelOf, type ToolResultScorer, type Verdict } from './verdict.ts'
import { windowsOf } from './windows.ts'

/*
 * The built-in scorer. A text is cut into overlapping windows; each window is read in several ways (as it stands, lookalikes folded, tags
 * removed, decoded), and every reading is searched for signs. The signs of a window add up like independent hints: score = 1 − Π (1 − weight),
 * one factor for each kind, its strongest sign; weak signs (such as urgency) support others but never add up to an attack by
 * themselves. The text's score is that of its worst window.
 *
 * A sign found only in a decoded or concealed reading brings the kind `disguise` with it. A sign that is quoted as an example (`attacks such as
 * "ignore previous instructions"`) counts for less: enough to be marked as data, not to be withheld.
 */

const findSigns = createSignFinder([
  ...OVERRIDE,
  ...IMPERSONATION,
  ...IDENTITY,
  ...ADDRESS,
  ...EXFILTRATION,
  ...CHANNELS,
  ...COERCION,
  ...CONCEALMENT,
  ...PRESSURE,
  ...ANSWER,
  ...CODE,
  ...UNBOUND,
  ...EUROPEAN,
])
const findEastAsianSigns = createSignFinder(EAST_ASIAN)
const findSqueezedSigns = createSignFinder(SQUEEZED)
const IS_EAST_ASIAN = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/
const DISGUISE_WEIGHT = 0.5
const REVEALED_WEIGHT = 0.3
const INVISIBLE_WEIGHT = 0.35
const SUSPICIOUS_INVISIBLES = 3
const QUOTED_FACTOR = 0.55
const MENTION =
  /\b(?:such as|like|e\.g\.?|for (?:example|instance)|examples?|attack(?:s|ers?|ed)?|injections?|phrases?|payloads?|say(?:s|ing)?|called|known as|try|attempts?|prompts?|strings?)\b[^\n]{0,40}$/
const QUOTE = /["'`\u2018\u201c«]\s?$/
/** Weak signs support strong ones; together they weigh no more than this. */
const WEAK_BELOW = 0.35
const REASONS_SHOWN = 3

/** Creates the scorer that needs no model. `onWork` is told how many characters were searched, for tests of its cost. */
export function createLocalScorer(onWork: (characters: number) => void = () => undefined): ToolResultScorer {
  return {
    score(text) {
      let worst: Verdict = { level: 'low', score: 0, reason: 'nothing suspicious' }
      const consider = (window: string, hidden: boolean): void => {
        const verdict = judge(window, hidden, onWork)
        if (verdict.score > worst.score) worst = verdict
      }
      for (const window of windowsOf(text)) consider(window, false)
      for (const decoded of decodeHidden(text)) for (const window of windowsOf(decoded)) consider(window, true)
      for (const part of concealedParts(text)) for (const window of windowsOf(part)) consider(window, true)
      return worst
    },
  }
}

interface Heard {
  readonly weight: number
  readonly says: string
}

function judge(window: string, hidden: boolean, onWork: (characters: number) => void): Verdict {
  const { plain, bare, invisible } = readingsOf(window)
  const heard = new Map<SignKind, Heard>()
  const hear = (kind: SignKind, one: Heard): void => {
    if (one.weight > (heard.get(kind)?.weight ?? 0)) heard.set(kind, one)
  }
  const read = (reading: string): void => {
    onWork(reading.length)
    for (const { sign, at } of findSigns(reading))
      hear(sign.kind, { weight: weightOf(sign, reading, at), says: sign.says })
    if (!IS_EAST_ASIAN.test(reading)) return
    for (const { sign } of findEastAsianSigns(reading)) hear(sign.kind, sign)
  }
  read(plain)
  if (bare !== null) {
    const seen = heard.size
    read(bare)
    if (heard.size > seen)
      hear('disguise', { weight: REVEALED_WEIGHT, says: 'hides words behind markup or lookalikes' })
  }
  const squeezed = squeeze(plain)
  onWork(squeezed.length)
  for (const { sign } of findSqueezedSigns(squeezed)) {
    if (heard.has(sign.kind)) continue
    hear(sign.kind, sign)
    hear('disguise', { weight: DISGUISE_WEIGHT, says: 'spells words so that filters miss them' })
  }
  if (hidden && heard.size > 0) hear('disguise', { weight: DISGUISE_WEIGHT, says: 'hides it from readers' })
  if (invisible >= SUSPICIOUS_INVISIBLES && heard.size > 0) {
    hear('disguise', { weight: INVISIBLE_WEIGHT, says: 'has invisible characters inside words' })
  }
  return verdictOf([...heard.values()])
}

function weightOf({ weight }: Sign, reading: string, at: number): number {
  const before = reading.slice(Math.max(0, at - 60), at)
  return QUOTE.test(before) && MENTION.test(before.replace(QUOTE, '')) ? weight * QUOTED_FACTOR : weight
}

function verdictOf(heard: readonly Heard[]): Verdict {
  let unlikely = 1
  let weakly = 1
  for (const { weight } of heard) {
    if (weight < WEAK_BELOW) weakly *= 1 - weight
    else unlikely *= 1 - weight
  }
  const score = Math.round((1 - unlikely * Math.max(weakly, 1 - WEAK_BELOW)) * 1000) / 1000
  const reasons = [...heard].sort((left, right) => right.weight - left.weight).slice(0, REASONS_SHOWN)
  const reason = reasons.length === 0 ? 'nothing suspicious' : reasons.map(({ says }) => says).join('; ')
  return { level: levelOf(score), score, reason }
}
