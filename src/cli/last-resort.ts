import type { Log } from '../gateway/log.ts'

/**
 * What a serving process does about a mistake that nobody caught. A promise that was rejected and forgotten belongs to one call at most: it is logged, and the hundreds
 * of others go on. After an exception that reached the event loop nobody knows what holds: it is logged, and `stop` ends the process in order, with exit code 1. Gives
 * the function that takes this back.
 */
export function lastResort(log: Log, stop: () => void, of: NodeJS.EventEmitter = process): () => void {
  const onRejection = (reason: unknown): void => log.error({ err: reason }, 'a promise was rejected and nobody cared')
  const onException = (error: unknown): void => {
    log.error({ err: error }, 'an exception was not caught; this process stops')
    stop()
  }
  of.on('unhandledRejection', onRejection)
  of.on('uncaughtException', onException)
  return () => {
    of.off('unhandledRejection', onRejection)
    of.off('uncaughtException', onException)
  }
}
