import { DataBuilder } from './data-builder.ts'
import type { Path, SourceDocument } from './problem.ts'
import type { Environment } from './substitute.ts'

/** Reads a config given as an object: the same rules as for a file, without lines. The object itself is left alone. */
export function readObject(config: unknown, env: Environment): SourceDocument {
  const builder = new DataBuilder(env)
  const value = copy(config, [], builder)
  const { faults, substituted, secretFiles } = builder
  return { value, faults, substituted, secretFiles, position: () => null }
}

function copy(value: unknown, path: Path, builder: DataBuilder): unknown {
  if (typeof value === 'string') return builder.text(path, value)
  if (typeof value !== 'object' || value === null) return value
  if (!builder.allowsDepth(path)) return null
  if (Array.isArray(value)) return value.map((entry, index) => copy(entry, [...path, index], builder))
  const data: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== undefined && builder.allowsKey(path, key)) data[key] = copy(entry, [...path, key], builder)
  }
  return data
}
