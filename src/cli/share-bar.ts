const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

const WIDTH = 16

/** What is used of a limit, as `  42% ██████▋`. More than all of it is more than 100 %; of a limit of 0 all is used. */
export function usedBar(used: number, limit: number): string {
  const share = limit === 0 ? 1 : used / limit
  return `${`${Math.floor(share * 100)}%`.padStart(4)} ${shareBar(share, WIDTH)}`
}

/** A share from 0 to 1 as a bar of at most `width` characters, exact to an eighth of one. */
export function shareBar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share || 0, 0), 1) * width * 8)
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}
