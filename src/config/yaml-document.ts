import { type Document, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml'
import { DataBuilder } from './data-builder.ts'
import { indentFlow } from './flow-indent.ts'
import { Places } from './places.ts'
import type { Fault, Position, SourceDocument } from './problem.ts'
import type { FileSecret } from './secret-file.ts'
import type { Environment } from './substitute.ts'
import { YamlWalk } from './yaml-walk.ts'

// YAML text to plain data. The tree is walked by hand rather than with the library's `toJS`, because that is where three things are
// decided: what a variable stands for, which place in the file every path has, and how much an alias may blow up.

const LONGEST_TEXT = 16 * 1024 * 1024
/** Broken syntax tends to break everything after it; the first few errors say enough. */
const MOST_SYNTAX_FAULTS = 5
const TOP: Position = { line: 1, column: 1 }

/** Reads YAML or JSON text. Every fault knows its line. `readFile` gives what `${file:…}` stands for. */
export function readYaml(text: string, env: Environment, readFile?: (path: string) => FileSecret): SourceDocument {
  const unreadable = (...faults: readonly Fault[]): SourceDocument => ({
    value: undefined,
    faults,
    substituted: new Set(),
    secretFiles: new Map(),
    position: () => TOP,
  })
  if (text.length > LONGEST_TEXT) return unreadable({ path: [], message: 'is larger than 16 MB' })
  const parsed = parse(text)
  if (!parsed) return unreadable({ path: [], message: 'cannot be read as YAML' })
  if (parsed.faults.length > 0) return unreadable(...parsed.faults.slice(0, MOST_SYNTAX_FAULTS))
  const { contents } = parsed.document
  if (contents === null || (isScalar(contents) && (contents.value === null || contents.value === ''))) {
    return unreadable({ path: [], message: 'is empty' })
  }
  const builder = new DataBuilder(env, readFile)
  const value = new YamlWalk(builder, null, parsed.positionOf).data(contents, [])
  // Places are for problems: a config without any is not walked a second time for them.
  let places: Places | undefined
  const findPlaces = (): Places => {
    const found = new Places()
    new YamlWalk(new DataBuilder(env, readFile), found, parsed.positionOf).data(contents, [])
    return found
  }
  return {
    value,
    faults: builder.faults,
    substituted: builder.substituted,
    secretFiles: builder.secretFiles,
    position(path, atKey) {
      places ??= findPlaces()
      return places.find(path, atKey)
    },
  }
}

interface Parsed {
  readonly document: Document.Parsed<ParsedNode>
  /** Errors of syntax. */
  readonly faults: readonly Fault[]
  /** The place of an offset in the text as it was written. */
  readonly positionOf: (offset: number) => Position
}

function parse(text: string): Parsed | null {
  try {
    const asWritten = parseLines(text, () => 0)
    const indented = asWritten.faults.length > 0 && indentFlow(text)
    const second = indented && parseLines(indented.text, indented.addedBefore)
    return second && second.faults.length === 0 ? second : asWritten
  } catch {
    return null
  }
}

function parseLines(text: string, addedBefore: (line: number) => number): Parsed {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    uniqueKeys: false,
  })
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col - addedBefore(line)) }
  }
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    path: [],
    message: syntaxMessage(error.code, error.message),
    position: positionOf(error.pos[0]),
  }))
  return { document, faults, positionOf }
}

/** What follows the first colon of the parser's message quotes the file, which may hold a key. */
function syntaxMessage(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'has a second document (---), which is not read; put everything into one'
  if (code === 'RESOURCE_EXHAUSTION') return 'is nested too deeply to be read'
  return `is not valid YAML: ${message.replace(/(?<=\w): [\s\S]*$/, '')}`
}
