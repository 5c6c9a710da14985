import type { Output } from './output.ts'
import { shareBar } from './share-bar.ts'

const WIDTH = 24

/** A bar that shows how far long work is, where somebody watches. */
export interface Progress {
  /** So much is done. */
  at(done: number, note?: string): void
  /** Removes the bar. */
  end(): void
}

/** A progress bar for work of a known length. */
export function startProgress(output: Output, total: number): Progress {
  if (!output.watched) return { at: () => undefined, end: () => undefined }
  return {
    at: (done, note = '') => {
      const bar = shareBar(total === 0 ? 1 : done / total, WIDTH).padEnd(WIDTH, '·')
      output.redraw(`${bar} ${done}/${total}${note ? `  ${note}` : ''}`)
    },
    end: () => output.redraw(''),
  }
}
