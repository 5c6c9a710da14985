const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** A share from 0 to 1 as a bar of at most `width` characters, exact to an eighth of one. */
export function shareBar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share || 0, 0), 1) * width * 8)
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}
