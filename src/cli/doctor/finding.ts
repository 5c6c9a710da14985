/** One thing that was looked at. */
export interface Finding {
  /** What it is about, in a word or two: `config`, `provider openai`. */
  readonly about: string
  /** `fail`: the gateway cannot work like this. `warn`: it works, and somebody should know. */
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was found. */
  readonly says: string
  /** What to do about it. */
  readonly advice?: string
}

/** All is well. */
export function ok(about: string, says: string): Finding {
  return { about, verdict: 'ok', says }
}

/** It works, and somebody should know. */
export function warn(about: string, says: string, advice: string): Finding {
  return { about, verdict: 'warn', says, advice }
}

/** It cannot work like this. */
export function fail(about: string, says: string, advice: string): Finding {
  return { about, verdict: 'fail', says, advice }
}
