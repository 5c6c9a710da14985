// JSON pasted into YAML: YAML wants every line inside `{…}` or `[…]` to be indented deeper than the key that it belongs to, and pasted
// JSON often is not. This indents such lines, so that the text becomes YAML with the same lines. It is tried only on text that YAML has
// refused, and its result counts only if YAML then takes it whole: a wrong guess about what is a bracket can do no harm.

/** Text whose JSON-like parts are indented, and how many columns were put before each line. */
export interface IndentedFlow {
  readonly text: string
  /** Columns added before a line; lines start at 1. */
  readonly addedBefore: (line: number) => number
}

/** Indents the lines inside brackets; null when there are none to indent. */
export function indentFlow(text: string): IndentedFlow | null {
  const scanner: Scanner = { depth: 0, quote: null }
  const added: number[] = []
  let keyIndent = 0
  let afterKey = false
  const lines = text.split('\n').map((line) => {
    const bare = line.trim()
    const indent = line.length - line.trimStart().length
    const opensBelowKey = scanner.depth === 0 && afterKey && indent <= keyIndent && /^[{[]/.test(bare)
    const more = bare && (scanner.depth > 0 || opensBelowKey) ? keyIndent + 2 : 0
    if (bare && !bare.startsWith('#') && scanner.depth === 0 && !opensBelowKey) keyIndent = indent
    added.push(more)
    scanLine(line, scanner)
    if (bare && !bare.startsWith('#')) afterKey = scanner.depth === 0 && /:(\s+#.*)?$/.test(bare)
    return ' '.repeat(more) + line
  })
  if (!added.some((columns) => columns > 0)) return null
  return { text: lines.join('\n'), addedBefore: (line) => added[line - 1] ?? 0 }
}

interface Scanner {
  depth: number
  quote: '"' | "'" | null
}

/** Follows brackets and quotes through one line. Outside brackets only one that starts a value opens: `a: {`, `- [`, `{`. */
function scanLine(line: string, scanner: Scanner): void {
  let before = ' '
  let lastToken = ''
  for (let index = 0; index < line.length; index += 1) {
    const letter = line[index] ?? ''
    if (scanner.quote) {
      if (letter === '\\' && scanner.quote === '"') index += 1
      else if (letter === scanner.quote) scanner.quote = null
    } else if (letter === '#' && /\s/.test(before)) {
      return
    } else if ((letter === '"' || letter === "'") && /[\s,:[{]/.test(before)) {
      scanner.quote = letter
    } else if (letter === '{' || letter === '[') {
      const startsValue = lastToken === '' || (/[:-]/.test(lastToken) && /\s/.test(before))
      if (scanner.depth > 0 || startsValue) scanner.depth += 1
    } else if ((letter === '}' || letter === ']') && scanner.depth > 0) {
      scanner.depth -= 1
    }
    before = letter
    if (!/\s/.test(letter)) lastToken = letter
  }
}
