/*
 * What one format cannot say as the other does, and what stands for it.
 *
 * Every leniency of the comparison of translated answers is here and in the words of the formats (`*-format.ts`); errors have theirs in
 * `expected-error.ts`. The reader of docs/reference/dialects.md finds the same lines there.
 */
import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { isObject, type JsonValue } from '../../src/lib/json.ts'
import { clientOf, formatOf } from './formats.ts'
import type { ChoiceMeaning, UsageMeaning } from './meaning.ts'

/**
 * The finish reason that a client of another format must see. A word that nobody knows passes through. Where a refusal has a place of its own, it is that
 * place that tells of it, and the answer has come to its natural end.
 */
export function expectedFinish(choice: ChoiceMeaning, from: DialectName, to: DialectName): string {
  const { word, refusalIsText } = clientOf(to)
  const ending = formatOf(from).ending(choice)
  return word(ending === 'filter' && choice.refusal !== '' && !refusalIsText ? 'stop' : ending)
}

/** The texts that a client of another format must see. */
export function expectedText(choice: ChoiceMeaning, to: DialectName): Pick<ChoiceMeaning, 'text' | 'refusal'> {
  return clientOf(to).refusalIsText ? { text: choice.text + choice.refusal, refusal: '' } : choice
}

/** The arguments that a client of another format must see: some take objects alone, and other text is under `_raw` there. */
export function expectedArguments(given: JsonValue, to: DialectName, streamed: boolean): JsonValue {
  const { rawArguments } = clientOf(to)
  if (isObject(given) || rawArguments === 'never' || (rawArguments === 'whole-answers' && streamed)) return given
  return { _raw: typeof given === 'string' ? given : JSON.stringify(given) }
}

/** Whether usage says the same. What the recording does not say must be absent or zero, since some clients demand the figures. */
export function sameUsage(recorded: UsageMeaning | null, got: UsageMeaning | null, field: keyof UsageMeaning): boolean {
  const want = recorded?.[field] ?? null
  const have = got?.[field] ?? null
  return want === null ? have === null || have === 0 : have === want
}
