import { stringify } from 'yaml'
import type { JsonValue } from '../../lib/json.ts'

/** Policy sections as YAML that can be published again. What was written as it stands is not taken for a variable then. */
export function policyText(sections: JsonValue): string {
  return stringify(sections, { lineWidth: 0 }).replaceAll('${', () => '$${')
}
