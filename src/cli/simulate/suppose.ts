import { InvalidArgumentError } from 'commander'
import { supposedValues } from '../../gateway/supposed-values.ts'
import type { JsonObject } from '../../lib/json.ts'

/** What `--suppose` may name. */
export const SUPPOSABLE = 'complexity=simple, complexity=0.7 or budget_used=0.8'

/** Reads one `--suppose`, to what those before it gave: the `suppose` of the API. Throws commander's InvalidArgumentError. */
export function parseSuppose(text: string, before: JsonObject = {}): JsonObject {
  const mark = text.indexOf('=')
  const [name, value] = [text.slice(0, Math.max(0, mark)).replace('-', '_'), text.slice(mark + 1)]
  const said = { ...before, [name]: /^[\d.]+$/.test(value) ? Number(value) : value }
  if (mark < 1 || !supposedValues.safeParse(said).success) {
    throw new InvalidArgumentError(`It must be ${SUPPOSABLE}.`)
  }
  return said
}
