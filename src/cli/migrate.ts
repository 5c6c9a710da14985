import { SILENT_LOG } from '../gateway/log.ts'
import { connectStorage } from '../gateway/open-storage.ts'
import { systemClock } from '../lib/clock.ts'
import type { CliContext } from './context.ts'
import { type ConfigFlags, loadConfig } from './load-config.ts'
import type { Output } from './output.ts'
import { problemLines } from './problem-list.ts'
import { UserError } from './user-error.ts'

/** Applies the migrations that the configured ledger lacks, and says which. */
export async function migrate(context: CliContext, output: Output, flags: ConfigFlags): Promise<void> {
  const { result } = await loadConfig(flags, context)
  if (!result.ok) throw new UserError(problemLines(result.problems).join('\n'))
  const { storage, note, close } = await connectStorage(result.config.storage.target, systemClock, SILENT_LOG)
  try {
    const { applied } = await storage.migrate()
    output.result({ ledger: note, applied }, () => [
      `Ledger: ${note}`,
      ...applied.map((name) => `applied ${name}`),
      applied.length === 0 ? 'The schema is up to date.' : 'The schema is up to date now.',
    ])
  } finally {
    await storage.close()
    await close()
  }
}
