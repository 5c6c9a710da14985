import { processEnvironment } from '../config/resolve.ts'
import type { Environment } from '../config/substitute.ts'

/** Where text goes: a process stream, or a collector in a test. */
export interface TextSink {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
}

/** What a command may know of the process it runs in. */
export interface CliContext {
  readonly env: Environment
  /** Directory that relative paths start from. */
  readonly directory: string
  readonly stdout: TextSink
  readonly stderr: TextSink
}

/** The real process. A reader that goes away early (`| head`) is no error. */
export function processContext(): CliContext {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  return { env: processEnvironment(), directory: process.cwd(), stdout: process.stdout, stderr: process.stderr }
}
