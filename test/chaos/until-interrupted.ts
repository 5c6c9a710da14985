/**
 * Does work that builds things which must not stay behind. When the process is told to end meanwhile, everything is taken away first; the process then
 * ends with the usual code for the signal.
 */
export async function untilInterrupted<Result>(
  work: (onClose: (close: () => Promise<void>) => void) => Promise<Result>,
): Promise<Result> {
  let close = async (): Promise<void> => undefined
  const interrupted = (code: number) => () => void close().finally(() => process.exit(code))
  const [onInt, onTerm] = [interrupted(130), interrupted(143)]
  process.once('SIGINT', onInt)
  process.once('SIGTERM', onTerm)
  try {
    return await work((given) => {
      close = given
    })
  } finally {
    process.off('SIGINT', onInt)
    process.off('SIGTERM', onTerm)
  }
}
