/** What the system says went wrong, in a word: `ENOENT`. What has no such word gives its message. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof Error ? error.message : String(error)
}
