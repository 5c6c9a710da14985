/** Something took longer than it may. */
export class TimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`)
    this.name = 'TimeLimitError'
  }
}

/**
 * The promise's value, or TimeLimitError once `limitMs` have passed. The promise itself goes on; who started it must look after it.
 * When the limit strikes, sockets are read once more first: after a stall of this process the answer may be there already.
 */
export function withinTime<T>(promise: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new TimeLimitError(limitMs))), limitMs)
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
