/** Marks, in its version, a price that was found by the shape of a model's name. */
export const GUESS_MARK = '~guess'

/** Whether a price was found by the shape of a model's name. More may stand behind the mark, such as the place of a host. */
export function isGuessed(version: string): boolean {
  return version.includes(GUESS_MARK)
}
