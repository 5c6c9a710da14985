import * as z from 'zod'
import { configSchema } from './schema.ts'

/** A part of a JSON Schema, as far as Headgate reads its own. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: SchemaNode | false
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
}

/** The JSON Schema of `headgate.yaml`, for editors: what people write, before defaults and units are worked out. */
export function configJsonSchema(): SchemaNode {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' })
  return {
    $schema,
    title: 'Headgate configuration',
    description: 'headgate.yaml: providers, models, tasks, plans, tenants and budgets of a Headgate gateway.',
    ...schema,
  } as SchemaNode
}

/** The parts of a schema that may describe what is at a path: several where alternatives are allowed. */
export function schemasAt(root: SchemaNode, path: readonly (string | number)[]): readonly SchemaNode[] {
  let nodes = alternatives(root)
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      const named = node.properties && Object.hasOwn(node.properties, step) ? node.properties[step] : undefined
      const inner = typeof step === 'number' ? node.items : (named ?? node.additionalProperties)
      return inner ? alternatives(inner) : []
    })
  }
  return nodes
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf ? node.anyOf.flatMap(alternatives) : [node]
}
