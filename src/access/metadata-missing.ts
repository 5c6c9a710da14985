import { GatewayError } from '../errors/gateway-error.ts'
import { FIELD_BY_NAME } from './context-fields.ts'

/** The refusal of a call that lacks attributes, with every missing one and the ways to give them. */
export function metadataMissing(names: readonly string[]): GatewayError {
  const headers = names.map((name) => FIELD_BY_NAME.get(name)?.header ?? name)
  const entries = names.map((name) => `metadata.${name}`)
  return new GatewayError(
    'metadata_missing',
    `This call must say ${names.join(', ')}. Give it as a header (${headers.join(', ')}), in the body (${entries.join(', ')}), ` +
      'or bind a default to the key (`headgate keys create --default name=value`).',
    { param: entries[0] ?? 'metadata', details: { missing: [...names] } },
  )
}
