import type { ConfigInput } from './schema.ts'

export type { ConfigInput }

/**
 * A configuration in TypeScript: the object of `headgate.yaml`, with the editor's help. It is checked when a gateway is made from it, by the
 * same rules as a file, `${NAME}` included; problems then carry paths without lines.
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config
}
