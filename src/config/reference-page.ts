import { BYTE_SIZE_PATTERN } from '../lib/byte-size.ts'
import { DURATION_PATTERN } from '../lib/duration.ts'
import { configJsonSchema, type SchemaNode } from './json-schema.ts'
import { keysNotYet, valuesNotYet } from './not-yet.ts'

// docs/reference/config.md, written from the grammar itself: a key without a description does not get past the test.

const PREFACE = `# Configuration reference

Every key of \`headgate.yaml\`. This page is written from the grammar by \`node src/config/write-json-schema.ts\`; do not edit it by hand.
How to write a config is told in the [guide](../guide/configuration.md); editors can use the [JSON Schema](headgate.schema.json).

In the tables, \`NAME\` is a name of your choice and \`[]\` an entry of a list. A key without a default may be left out, unless it says *required*.
`

/** The text of the reference page. */
export function referencePage(): string {
  const schema = configJsonSchema()
  const sections = Object.entries(schema.properties ?? {})
  const parts = [PREFACE]
  for (const [name, node] of sections) {
    const rows = [...rowsOf(name, node, schema.required?.includes(name) ?? false)]
    parts.push(`## ${name}\n\n${node.description}\n\n${table(['key', 'value', 'default', 'meaning'], rows)}`)
  }
  parts.push(
    `## Not supported yet\n\nThese keys are reserved. Writing one is an error that says so, so that nothing is configured in vain.\n\n${keysNotYet()
      .map((key) => `- \`${key}\``)
      .join('\n')}\n\nThe same holds for these values:\n\n${valuesNotYet()
      .map(([key, values]) => `- \`${key}\`: ${values.map((value) => `\`${value}\``).join(', ')}`)
      .join('\n')}\n`,
  )
  return parts.join('\n')
}

type Row = readonly [key: string, value: string, fallback: string, meaning: string]

/** The rows of one key and of everything below it. */
function* rowsOf(path: string, node: SchemaNode, required: boolean): Generator<Row> {
  const isTop = !path.includes('.') && !path.includes('[')
  if (!isTop || !hasInside(node)) {
    yield [`\`${path}\``, valueText(node), required ? '*required*' : defaultText(node), node.description ?? '']
  }
  for (const part of node.anyOf ?? [node]) {
    for (const [key, inner] of Object.entries(part.properties ?? {})) {
      yield* rowsOf(`${path}.${key}`, inner, part.required?.includes(key) ?? false)
    }
    if (part.additionalProperties) yield* insideRows(`${path}.NAME`, part.additionalProperties)
    if (part.items) yield* insideRows(`${path}[]`, part.items)
  }
}

/** Entries of lists and maps have no row of their own when their own keys say it all. */
function* insideRows(path: string, node: SchemaNode): Generator<Row> {
  for (const row of rowsOf(path, node, false)) if (row[0] !== `\`${path}\`` || row[3]) yield row
}

function hasInside(node: SchemaNode): boolean {
  return [node, ...(node.anyOf ?? [])].some((part) => part.properties || part.additionalProperties || part.items)
}

function valueText(node: SchemaNode): string {
  if (node.anyOf) return [...new Set(node.anyOf.filter(({ type }) => type !== 'null').map(valueText))].join(' or ')
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ')
  if (node.pattern === DURATION_PATTERN.source) return 'duration'
  if (node.pattern === BYTE_SIZE_PATTERN.source) return 'size'
  if (node.type === 'array') return `list of ${node.items ? valueText(node.items) : 'anything'}`
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    boolean: '`true`, `false`',
  }
  return names[node.type ?? ''] ?? (node.type === 'object' ? 'mapping' : (node.type ?? 'anything'))
}

function defaultText(node: SchemaNode): string {
  if (node.default === undefined) return ''
  const text = JSON.stringify(node.default)
  return text === '{}' || text === '[]' ? '' : `\`${text.replace(/^"|"$/g, '')}\``
}

function table(head: readonly string[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n')
}
