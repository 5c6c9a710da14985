/** Signs count together when they stand this near to one another. */
export const WINDOW_CHARS = 2_000
/** Windows overlap by this much, so that nothing is cut in two. */
export const OVERLAP_CHARS = 400

/** A text in overlapping windows. A short text is one window. */
export function* windowsOf(text: string): Generator<string> {
  if (text.length <= WINDOW_CHARS) {
    yield text
    return
  }
  const step = WINDOW_CHARS - OVERLAP_CHARS
  for (let at = 0; at < text.length - OVERLAP_CHARS; at += step) yield text.slice(at, at + WINDOW_CHARS)
}
