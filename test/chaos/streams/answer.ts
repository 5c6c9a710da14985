import type { Plan } from '../../../src/testing/index.ts'
import type { Chance } from '../chance.ts'
import { POOR_EVENT_TOKENS } from './upstreams.ts'

/*
 * What providers say: text of all alphabets and of what looks like the wire itself, reasoning with its signature, tool calls side by side.
 */

const WORDS = [
  ...['the ', 'gate ', 'of ', 'a ', 'canal ', 'decides ', 'how much', ' water', ' each', ' field', ' gets', '. '],
  ...['Grüezi ', 'naïve ', 'é', '世界', '水門', '👋', '👩🏽‍🚀', ' Привет', ' مرحبا', '\u2028', '\u00a0', '\u0000'],
  ...[
    '\n',
    '\r\n',
    '\n\n',
    '\t',
    '"',
    '\\',
    '\\n',
    '\\u4e16',
    '{"',
    '}]',
    '[DONE]',
    'data: ',
    'data: [DONE]\n\n',
    ': ',
  ],
  ...['event: error\ndata: {}\n\n', '<b>', '</s>', '0', '1e400', 'null', "it's", ' -- ', '`', '$', '%'],
]
const TOOLS = ['get_weather', 'now', 'send_mail']

/** Tools of every call: those that answers may call. */
export const TOOL_NAMES: readonly string[] = TOOLS

/** An answer; `mark` begins each text, so that two answers are never the same. */
export function anyAnswer(chance: Chance, mark: string): Plan {
  const kind = chance.fraction()
  const calls = kind > 0.75
  const silent = kind > 0.9
  const thinks = chance.happens(0.35)
  const refuses = !calls && !thinks && chance.happens(0.04)
  const pieces = silent || refuses ? [] : [mark, ...words(chance, chance.between(1, 22))]
  return {
    ...(pieces.length > 0 ? { text: pieces.join(''), chunks: pieces } : { text: '' }),
    ...(refuses ? { refusal: `${mark} would rather not: ${words(chance, 4).join('')}` } : {}),
    ...(thinks ? { reasoning: thoughtOf(chance, mark) } : {}),
    ...(calls
      ? {
          toolCalls: Array.from({ length: chance.between(1, 3) }, (_, at) => callOf(chance, `${mark}${at}`)),
          toolCallStyle: chance.pick(['in-order', 'in-order', 'interleaved', 'whole', 'without-index'] as const),
        }
      : {}),
  }
}

/** An answer of plain words that costs more than a poor user has, or a little less. No event is larger than the first of them. */
export function longAnswer(chance: Chance, mark: string): Plan {
  const length = chance.between(40, 240)
  const sizes = Array.from({ length }, () => chance.between(2, POOR_EVENT_TOKENS))
  const pieces = [POOR_EVENT_TOKENS, ...sizes].map((words) => ' word'.repeat(words))
  return { text: mark + pieces.join(''), chunks: [mark, ...pieces] }
}

/** An answer in large pieces, for those who read slowly. */
export function heavyAnswer(chance: Chance, mark: string): Plan {
  const length = chance.between(4, 9)
  const pieces = Array.from({ length }, () =>
    ` ${chance.pick(['water', '水', 'é'])}`.repeat(chance.between(1_000, 3_000)),
  )
  return { text: mark + pieces.join(''), chunks: [mark, ...pieces] }
}

function words(chance: Chance, count: number): string[] {
  return Array.from({ length: count }, () => chance.pick(WORDS))
}

function thoughtOf(chance: Chance, mark: string): NonNullable<Plan['reasoning']> {
  const text = `${mark} thinks: ${words(chance, chance.between(1, 8)).join('')}`
  return { text, signature: Buffer.from(text).toString('base64') }
}

function callOf(chance: Chance, mark: string): NonNullable<Plan['toolCalls']>[number] {
  const given = { city: `${mark} ${words(chance, 3).join('')}`, days: [chance.between(0, 9)], deep: { yes: true } }
  return { name: chance.pick(TOOLS), arguments: chance.happens(0.15) ? '' : given }
}
