import { setTimeout as sleep } from 'node:timers/promises'

/** No hold, missing row or refusal may outlive its reason by more. */
export const LIMIT_MS = 60_000

const PAUSE_MS = 30

/** Looks again and again until it is so; false when it is not so within the limit. A look that rejects says no. */
export async function eventually(look: () => Promise<boolean>, limitMs = LIMIT_MS): Promise<boolean> {
  const deadline = performance.now() + limitMs
  while (performance.now() < deadline) {
    if (await look().catch(() => false)) return true
    await sleep(PAUSE_MS)
  }
  return false
}
