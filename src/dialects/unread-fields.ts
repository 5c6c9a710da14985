/*
 * What a translation would lose without anybody noticing.
 *
 * A decoder reads the fields that it knows. Others, at the top of a request and in most of its parts, are kept as extensions, which encoders report as
 * dropped. Further inside (a message, a tool's definition, the source of a picture) there is no such place. So each format that callers speak
 * says which fields it reads there, and what a caller wrote beside them is found by walking the body, only when a call is translated.
 */
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'

/** Which fields of an object a format reads. */
export interface ReadFields {
  /** The fields, with what is read inside them; null where all of a field is read or kept as it is. A list is what its items are. */
  readonly fields: Readonly<Record<string, Inside>>
  /** Whether fields beside these are kept as extensions. Default: they are lost. */
  readonly keepsOthers?: boolean
}

/** What is read inside a field; a function where that depends on the object. */
export type Inside = ReadFields | null | ((value: JsonObject) => ReadFields | null)

/** An object whose other fields are lost. `names`, between them spaces, are read whole. */
export function only(names = '', inside: Readonly<Record<string, Inside>> = {}): ReadFields {
  const whole = names === '' ? [] : names.split(' ')
  return { fields: { ...Object.fromEntries(whole.map((name) => [name, null])), ...inside } }
}

/** An object whose other fields are kept as extensions. */
export function keeping(inside: Readonly<Record<string, Inside>>): ReadFields {
  return { fields: inside, keepsOthers: true }
}

/**
 * The paths of fields in a caller's body that are not read: `messages[0].weight`. Null and empty lists say nothing. `nameOf` gives the name by which
 * the format knows a field, where it has several spellings.
 */
export function unreadFields(
  body: JsonObject,
  read: ReadFields,
  nameOf: (field: string) => string = (field) => field,
): string[] {
  const unread: string[] = []
  const walk = (value: JsonValue, inside: Inside | undefined, path: string): void => {
    if (Array.isArray(value)) for (const [at, item] of value.entries()) walk(item, inside, `${path}[${at}]`)
    if (!isObject(value)) return
    const here = typeof inside === 'function' ? inside(value) : inside
    if (!here) return
    for (const [field, each] of Object.entries(value)) {
      if (saysNothing(each)) continue
      const name = nameOf(field)
      const place = path === '' ? field : `${path}.${field}`
      if (Object.hasOwn(here.fields, name)) walk(each, here.fields[name], place)
      else if (!here.keepsOthers) unread.push(place)
    }
  }
  walk(body, read, '')
  return unread
}

function saysNothing(value: JsonValue): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}
