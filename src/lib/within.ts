/**
 * What a promise gives in time; null when it gives nothing by then, or fails. A process that was busy itself finds its timers due before it has read what
 * came meanwhile, so it reads once more before it gives up.
 */
export async function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => setImmediate(resolve, null), ms)
  })
  const result = await Promise.race([promise.catch(() => null), late])
  clearTimeout(timer)
  return result
}
