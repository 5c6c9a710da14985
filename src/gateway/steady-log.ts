import type { Log } from './log.ts'

/** The same log, but one that fails (a full disk, a closed pipe, a mistake of the host's) fails alone: no call may end for what could not be noted. */
export function steadyLog(log: Log): Log {
  const steady =
    (say: (facts: object, message: string) => void) =>
    (facts: object, message: string): void => {
      try {
        say(facts, message)
      } catch {
        // There is nowhere to say it.
      }
    }
  return {
    info: steady((facts, message) => log.info(facts, message)),
    warn: steady((facts, message) => log.warn(facts, message)),
    error: steady((facts, message) => log.error(facts, message)),
  }
}
