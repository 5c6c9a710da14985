import { styleText } from 'node:util'
import type { CliContext } from './context.ts'

/** Text that is set to the right, such as a number with its unit. */
export interface RightText {
  readonly right: string
}

/** What a cell of a table may hold. Numbers are set to the right. */
export type Cell = string | number | RightText | null

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

  /** Text for another program, exactly as it is. */
  raw(text: string): void {
    this.#context.stdout.write(text)
  }

  /** Whether somebody watches stderr: then long work shows how far it is. */
  get watched(): boolean {
    const { stderr, env } = this.#context
    return stderr.isTTY === true && env.TERM !== 'dumb'
  }

  /** Draws over the current line of stderr; the empty text removes what was drawn. For `watched` output only. */
  redraw(line: string): void {
    this.#context.stderr.write(`\r\u001b[K${line}`)
  }

  /** The lines of a table. Rows may be shorter than the head. A head stands over its column: to the right over numbers. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
    const columns = head.map((title, column) => {
      const cells = rows.map((row) => row[column] ?? null)
      const toRight = cells.some((cell) => isRight(cell)) && cells.every((cell) => cell === null || isRight(cell))
      const width = Math.max(title.length, ...cells.map((cell) => textOf(cell).length))
      return { toRight, width }
    })
    const line = (cells: readonly Cell[], isHead: boolean): string =>
      columns
        .map(({ toRight, width }, column) => {
          const cell = cells[column] ?? null
          return isRight(cell) || (isHead && toRight) ? textOf(cell).padStart(width) : textOf(cell).padEnd(width)
        })
        .join('  ')
        .trimEnd()
    return [this.styled('bold', line(head, true)), ...rows.map((row) => line(row, false))]
  }
}

function isRight(cell: Cell): boolean {
  return typeof cell === 'number' || (typeof cell === 'object' && cell !== null)
}

function textOf(cell: Cell): string {
  return shownText(typeof cell === 'object' ? (cell?.right ?? '') : cell)
}

/**
 * A value as a terminal may show it, nothing as a dash. Names come from callers of the gateway: what would move the cursor or look like other text is shown as `?`.
 */
export function shownText(value: unknown): string {
  return String(value ?? '–').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
