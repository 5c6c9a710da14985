import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml'
import type { DataBuilder } from './data-builder.ts'
import type { Places } from './places.ts'
import type { Path, Position } from './problem.ts'

/** Nodes that aliases may repeat, in all: enough for shared blocks, far too few for a bomb. */
const MOST_ALIASED_NODES = 10_000

/** Turns one YAML tree into plain data, noting faults, and places where they are wanted, on the way. */
export class YamlWalk {
  readonly #builder: DataBuilder
  readonly #places: Places | null
  readonly #positionOf: (offset: number) => Position
  readonly #anchors = new Map<string, Node>()
  /** Nodes whose aliases are being followed right now. */
  readonly #followed = new Set<Node>()
  #aliasedNodes = 0

  constructor(builder: DataBuilder, places: Places | null, positionOf: (offset: number) => Position) {
    this.#builder = builder
    this.#places = places
    this.#positionOf = positionOf
  }

  /** The plain data of a node that stands at `path`. */
  data(node: unknown, path: Path): unknown {
    if (isAlias(node)) return this.#alias(node.source, path)
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null
    if (this.#followed.size > 0) this.#aliasedNodes += 1
    if (this.#aliasedNodes > MOST_ALIASED_NODES || !this.#builder.allowsDepth(path)) return null
    if (node.anchor) this.#anchors.set(node.anchor, node)
    if (node.range) this.#places?.addValue(path, this.#positionOf(node.range[0]))
    if (isScalar(node)) return typeof node.value === 'string' ? this.#builder.text(path, node.value) : node.value
    if (isSeq(node)) return node.items.map((item, index) => this.data(item, [...path, index]))
    return this.#mapping(node, path)
  }

  #mapping(node: YAMLMap, path: Path): Record<string, unknown> {
    const data: Record<string, unknown> = {}
    for (const { key, value } of node.items) {
      if (!isScalar(key) || key.value === null) {
        this.#builder.faults.push({ path, message: 'has a key that is not a name' })
        continue
      }
      const name = String(key.value)
      const inner = [...path, name]
      const offset = key.range?.[0] ?? 0
      if (Object.hasOwn(data, name)) {
        this.#builder.faults.push({ path: inner, message: 'is written twice', position: this.#positionOf(offset) })
        continue
      }
      this.#places?.addKey(inner, this.#positionOf(offset))
      if (this.#builder.allowsKey(path, name)) data[name] = this.data(value, inner)
    }
    return data
  }

  #alias(name: string, path: Path): unknown {
    const target = this.#anchors.get(name)
    if (!target || this.#followed.has(target)) {
      const message = target ? `refers to itself through *${name}` : `refers to *${name}, which is not defined above`
      this.#builder.faults.push({ path, message })
      return null
    }
    if (this.#aliasedNodes > MOST_ALIASED_NODES) return null
    this.#followed.add(target)
    const data = this.data(target, path)
    this.#followed.delete(target)
    if (this.#aliasedNodes > MOST_ALIASED_NODES && this.#followed.size === 0) {
      this.#builder.faults.push({ path, message: `repeats more than ${MOST_ALIASED_NODES} values through aliases` })
    }
    return data
  }
}
