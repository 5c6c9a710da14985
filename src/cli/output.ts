import { styleText } from 'node:util'
import type { CliContext } from './context.ts'

/** What a cell of a table may hold. Numbers are set to the right. */
export type Cell = string | number | null

/** The looks of a piece of text. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/**
 * What a command says. Results go to stdout: as text for people, or with `--json` as one JSON value for programs. Remarks go to stderr,
 * so that a pipe carries results only. Colour only where a person looks: on a terminal, and not when NO_COLOR is set.
 */
export class Output {
  readonly json: boolean
  readonly #context: CliContext
  readonly #colour: boolean

  constructor(context: CliContext, json: boolean) {
    this.json = json
    this.#context = context
    this.#colour = !json && context.stdout.isTTY === true && !context.env.NO_COLOR && context.env.TERM !== 'dumb'
  }

  /** The result: `value` with `--json`, else the lines for people. */
  result(value: unknown, lines: () => readonly string[]): void {
    const text = this.json ? JSON.stringify(value, null, 2) : lines().join('\n')
    if (text) this.#context.stdout.write(`${text}\n`)
  }

  /** A remark for the person who watches. */
  remark(line: string): void {
    this.#context.stderr.write(`${line}\n`)
  }

  /** Text with a look, where looks are shown. */
  styled(style: Style, text: string): string {
    return this.#colour ? styleText(style, text, { validateStream: false }) : text
  }

  /** The lines of a table. Rows may be shorter than the head. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
    const widths = head.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => String(row[column] ?? '').length)),
    )
    const line = (cells: readonly Cell[]): string =>
      widths
        .map((width, column) => {
          const cell = cells[column] ?? ''
          return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd()
    return [this.styled('bold', line(head)), ...rows.map(line)]
  }
}
