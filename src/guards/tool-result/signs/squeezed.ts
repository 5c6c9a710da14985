import { type Sign, symbols } from '../sign.ts'

/*
 * `i.g.n.o.r.e`, `1gn0re pr3vious`, `ignore-all_previous instructions`: the same letters in a row once everything else is taken out. Only long,
 * unmistakable runs are looked for, because words run together say many things by chance.
 */

const DIGITS_AS_LETTERS: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
}

/** The letters of a text alone, digits and signs that stand for letters read as those. */
export function squeeze(text: string): string {
  return text.replace(/[013457@$!|]/g, (one) => DIGITS_AS_LETTERS[one] ?? '').replace(/[^a-z]/g, '')
}

/** Signs in squeezed text. */
export const SQUEEZED: readonly Sign[] = [
  {
    kind: 'override',
    weight: 0.75,
    says: 'tells the reader to ignore its instructions',
    looks: symbols(
      /(?:ignore|disregard|forget|override|bypass)(?:a[il]{2}|any|the|your|my|every){0,3}(?:previous|prior|above|earlier|preceding|system|original)(?:system)?(?:instruction|prompt|direction|rule|command|directive|guideline|order|message)/,
      ['ignore', 'disregard', 'forget', 'override', 'bypass'],
    ),
  },
  {
    kind: 'exfiltration',
    weight: 0.6,
    says: 'asks for the system prompt',
    looks: symbols(
      /(?:reveal|print|show|repeat|output|leak|sendme|tellme)(?:me)?(?:your|the)(?:system|hidden|secret|initial)(?:prompt|instruction)/,
      ['prompt', 'instruction'],
    ),
  },
  {
    kind: 'concealment',
    weight: 0.5,
    says: 'wants something kept from the user',
    looks: symbols(/donot(?:tell|inform|notify|alert)theuser/, ['donot']),
  },
  {
    kind: 'unbound',
    weight: 0.6,
    says: 'asks for a persona without rules',
    looks: symbols(/doanythingnow|youarenow(?:dan|unrestricted|jailbroken)/, ['anythingnow', 'arenow']),
  },
]
