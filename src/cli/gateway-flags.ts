import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { CommonFlags } from './cli.ts'
import type { CliContext } from './context.ts'
import { reasonOf } from './reason-of.ts'
import { UserError } from './user-error.ts'

/** Flags of commands that ask a running gateway. */
export interface GatewayFlags extends CommonFlags {
  readonly url?: string
  readonly adminKeyFile?: string
}

/** Which gateway is asked, and with which admin key. */
export interface GatewayAddress {
  /** Without a trailing slash. */
  readonly url: string
  /** Null when none was given. */
  readonly adminKey: string | null
}

const DEFAULT_URL = 'http://127.0.0.1:4100'

/** Adds `--url`, `--admin-key-file` and `--json` to a command. */
export function withGatewayFlags(command: Command): Command {
  return command
    .option('--url <url>', `the gateway (default: HEADGATE_URL, else ${DEFAULT_URL})`)
    .option('--admin-key-file <file>', 'file with the admin key (default: the key in HEADGATE_ADMIN_KEY)')
    .option('--json', 'print the result as JSON')
}

/** Reads the flags. Throws UserError for a URL that is none and a key file that cannot be read. */
export async function gatewayAddress(
  flags: GatewayFlags,
  { env, directory }: Pick<CliContext, 'env' | 'directory'>,
): Promise<GatewayAddress> {
  const url = flags.url ?? env.HEADGATE_URL ?? DEFAULT_URL
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.search || parsed.hash || parsed.username) {
    const source = flags.url === undefined ? 'HEADGATE_URL' : '--url'
    throw new UserError(`${source} must be an http or https address such as ${DEFAULT_URL}`, 2)
  }
  const adminKey = flags.adminKeyFile
    ? await keyFrom(resolve(directory, flags.adminKeyFile), flags.adminKeyFile)
    : env.HEADGATE_ADMIN_KEY?.trim() || null
  return { url: url.replace(/\/+$/, ''), adminKey }
}

async function keyFrom(path: string, shown: string): Promise<string> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new UserError(`the admin key file ${shown} cannot be read (${reasonOf(error)})`)
  }
  if (!/^\S{1,512}$/.test(text))
    throw new UserError(`${shown} does not hold one key; it should be the key and nothing else`)
  return text
}
