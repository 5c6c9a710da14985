import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import type { ErrorMeaning } from './meaning.ts'

/**
 * The error that a value tells, whatever envelope the host uses; null when it tells of none. `status` is the reply's own; an error inside a
 * good reply may name another.
 */
export function errorIn(value: JsonValue | undefined, status: number): ErrorMeaning | null {
  if (Array.isArray(value)) return errorIn(value[0], status)
  if (!isObject(value)) return null
  const { error } = value
  if (typeof error === 'string' && error !== '') return meaning(value, error, status)
  if (isObject(error) && Object.keys(error).length > 0) {
    return meaning(error, messageOf(error) || messageOf(value), status)
  }
  return value.type === 'error' || value.object === 'error' ? meaning(value, messageOf(value), status) : null
}

/** The error of a reply with an error status, even when it has no words or is a page. */
export function errorOfReply(status: number, body: string): ErrorMeaning {
  const value = parseJson(body)
  const loose = Array.isArray(value) ? value[0] : value
  return (
    errorIn(value, status) ?? meaning(isObject(loose) ? loose : {}, isObject(loose) ? messageOf(loose) : '', status)
  )
}

function meaning(source: JsonObject, message: string, status: number): ErrorMeaning {
  const { code, type, status_code: statusCode } = source
  const word = [code, type].find((each) => typeof each === 'string' && each !== '' && Number.isNaN(Number(each)))
  const named = [statusCode, source.status, code].map(Number).find((each) => each >= 400 && each < 600)
  return { status: status >= 400 ? status : (named ?? status), code: typeof word === 'string' ? word : null, message }
}

function messageOf(source: JsonObject): string {
  const said = [source.message, source.detail, source.details, source.msg].find((each) => typeof each === 'string')
  return typeof said === 'string' ? said : ''
}
