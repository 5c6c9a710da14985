import type { JsonObject } from '../lib/json.ts'

/** Some names that are plans; any other name is a model as well. */
const NAMES = ['ok', 'slow-1000', 'ttft-1000', 'status-503', 'cut-5', 'stall-5', 'hang', 'fb-ok']

/** The list of models, in the format of the caller's dialect. */
export function modelList(headers: Readonly<Record<string, string>>): JsonObject {
  if (headers['anthropic-version'] === undefined)
    return {
      object: 'list',
      data: NAMES.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'wall' })),
    }
  return {
    data: NAMES.map((id) => ({ id, type: 'model', display_name: id, created_at: '2023-11-14T22:13:20Z' })),
    has_more: false,
    first_id: NAMES[0] ?? null,
    last_id: NAMES.at(-1) ?? null,
  }
}
