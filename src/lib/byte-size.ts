const UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** The form of a size: a number and its unit, `512b` `64kb` `10mb` `1gb`; a kb is 1024 bytes. */
export const BYTE_SIZE_PATTERN = /^\d{1,15}(?:\.\d{1,9})?(?:b|kb|mb|gb)$/i

/** Bytes, rounded up to a whole one; undefined when the text is not a size. */
export function parseByteSize(text: string): number | undefined {
  if (!BYTE_SIZE_PATTERN.test(text)) return undefined
  const unit = UNITS[text.replace(/^[\d.]+/, '').toLowerCase()]
  return unit === undefined ? undefined : Math.ceil(Number.parseFloat(text) * unit)
}
