import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CliContext } from './context.ts'
import { reasonOf } from './reason-of.ts'
import { UserError } from './user-error.ts'

/** The text of a policy's file. Rejects with UserError when it cannot be read. */
export async function readPolicyFile(file: string, { directory }: Pick<CliContext, 'directory'>): Promise<string> {
  try {
    return await readFile(resolve(directory, file), 'utf8')
  } catch (error) {
    throw new UserError(`the policy ${file} cannot be read (${reasonOf(error)})`, 2)
  }
}
