import type { JsonObject } from '../../lib/json.ts'

/** Takes one step of an answer: the event's type and its fields, without its number. */
export type Tell = (type: string, fields: JsonObject) => void

/** The output of an answer, where items get their places. */
export interface Shelf {
  /** The answer's id. */
  readonly answerId: string
  /** Announces an item, which `make` makes for its place; gives the place. */
  add(make: (place: number) => JsonObject): number
  /** The item at a place is whole. */
  done(place: number, item: JsonObject): void
  /** A step of the item at a place. */
  tell(type: string, place: number, fields: JsonObject): void
}
