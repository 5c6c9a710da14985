import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

/** A Lua script that runs on the server, as one step that nothing comes between. */
export class Script {
  readonly #lua: string
  readonly #sha: string

  constructor(lua: string) {
    this.#lua = lua
    this.#sha = createHash('sha1').update(lua).digest('hex')
  }

  /** Makes the server know it, so that the next run needs no second try. Rejects as `run` does. */
  async load(redis: Redis): Promise<void> {
    await redis.script('LOAD', this.#lua)
  }

  /** Runs it by its hash; the text is sent only to a server that does not know it (any more). Rejects with the server's or the connection's error. */
  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await redis.call('EVAL', this.#lua, keys.length, ...keys, ...args)
    }
  }
}
