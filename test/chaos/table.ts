/** A row of a table: its name, and a cell for each column. */
export type Row = readonly [name: string, cells: readonly string[]]

/** The lines of a table: each column as wide as its title or its longest cell, each row beginning with its name. */
export function tableText(columns: readonly string[], rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  const widths = columns.map((title, at) => Math.max(title.length, ...rows.map(([, cells]) => cells[at]?.length ?? 0)))
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}${cells.map((cell, at) => cell.padStart((widths[at] ?? 0) + 2)).join('')}`
  return [line('', columns), ...rows.map(([name, cells]) => line(name, cells))]
}
