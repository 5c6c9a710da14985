/** A bar on the last line of a terminal; nothing where there is none. */
export interface Progress {
  /** Begins the next step. */
  step(what: string): void
  /** Takes the bar away. */
  done(): void
}

const WIDTH = 30

/** A bar of so many steps on standard error. */
export function startProgress(steps: number, to: NodeJS.WriteStream = process.stderr): Progress {
  if (!to.isTTY) return { step() {}, done() {} }
  let begun = 0
  const clear = () => to.write('\r\u001b[2K')
  return {
    step(what) {
      const full = Math.min(WIDTH, Math.round((WIDTH * begun) / steps))
      begun += 1
      clear()
      to.write(`[${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}] ${what}`.slice(0, (to.columns ?? 80) - 1))
    },
    done: clear,
  }
}
