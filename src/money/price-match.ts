import type { MatchLogic, ModelInfo } from '@pydantic/genai-prices'

/** A row of the price data for a model name; a guess when the row was found by the shape of the name alone. */
export interface MatchedRow {
  readonly row: ModelInfo
  readonly guess: boolean
}

const SNAPSHOT_DATE = /[-@](20\d{2}-?\d{2}-?\d{2})$/

/** A model name without the date of its snapshot: `claude-sonnet-4-5-20250929` gives `claude-sonnet-4-5`. */
export function withoutSnapshot(model: string): string {
  return model.replace(SNAPSHOT_DATE, '')
}

/**
 * The row for a model: the one that lists the name, or lists it without the snapshot's date and matches it with the date as well, or else the first
 * whose rules fit, which is a guess. Null when none fits.
 */
export function matchRow(rows: readonly ModelInfo[], model: string): MatchedRow | null {
  const name = model.toLowerCase()
  const listed = rows.find((row) => lists(row, name))
  if (listed) return { row: listed, guess: false }
  const fitting = rows.find((row) => fits(row.match, name))
  if (!fitting) return null
  return { row: fitting, guess: !lists(fitting, withoutSnapshot(name)) }
}

function lists(row: ModelInfo, name: string): boolean {
  return row.id.toLowerCase() === name || equalsOne(row.match, name)
}

function equalsOne(match: MatchLogic, name: string): boolean {
  if ('or' in match) return match.or.some((part) => equalsOne(part, name))
  return 'equals' in match && match.equals.toLowerCase() === name
}

function fits(match: MatchLogic, name: string): boolean {
  if ('or' in match) return match.or.some((part) => fits(part, name))
  if ('and' in match) return match.and.every((part) => fits(part, name))
  if ('equals' in match) return name === match.equals.toLowerCase()
  if ('starts_with' in match) return name.startsWith(match.starts_with.toLowerCase())
  if ('ends_with' in match) return name.endsWith(match.ends_with.toLowerCase())
  if ('contains' in match) return name.includes(match.contains.toLowerCase())
  return new RegExp(match.regex).test(name)
}
