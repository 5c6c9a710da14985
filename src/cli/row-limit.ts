import { InvalidArgumentError } from 'commander'

/** The most rows that one list of the admin API gives. */
export const MOST_ROWS = 1_000

/** Reads the value of `--limit`: how many rows a list has at most, as text for the query. Throws InvalidArgumentError. */
export function rowLimit(text: string): string {
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > MOST_ROWS) {
    throw new InvalidArgumentError(`It must be a number from 1 to ${MOST_ROWS}.`)
  }
  return text
}
