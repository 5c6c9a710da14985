import { type Script, startWall, type Wall, type WallOptions } from '../../../src/testing/index.ts'
import { PROVIDERS, type Walls } from './upstreams.ts'

/** A wall for each provider. */
export class ManyWalls implements Walls {
  readonly #walls = new Map<string, Wall>()

  async start(options: WallOptions): Promise<void> {
    for (const provider of PROVIDERS) this.#walls.set(provider, await startWall(options))
  }

  of(provider: string): Wall {
    const wall = this.#walls.get(provider)
    if (!wall) throw new Error(`there is no wall for ${provider}`)
    return wall
  }

  plan(script: Script): void {
    for (const wall of this.#walls.values()) wall.plan(script)
  }

  /** How many connections are open at all of them. */
  async connections(): Promise<number> {
    const counts = await Promise.all([...this.#walls.values()].map((wall) => wall.connections()))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    const walls = [...this.#walls.values()]
    this.#walls.clear()
    await Promise.all(walls.map((wall) => wall.close()))
  }
}
