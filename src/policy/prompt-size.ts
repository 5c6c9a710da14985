/** What a prompt is made of, as far as its tokens are concerned. */
export interface PromptSize {
  /** UTF-8 bytes of everything that is not an image. */
  readonly textBytes: number
  readonly images: number
  /** Whether tools are offered: a provider then adds instructions of its own. Default false. */
  readonly tools?: boolean
  /** What it has in tokens, where that is known: then nothing is estimated. */
  readonly tokens?: number
}

/** English prose has at most about this many bytes a token; code, numbers and other languages have fewer. */
const BYTES_PER_TOKEN = 4.5
const LEAST_IMAGE_TOKENS = 85

/**
 * What a prompt has at least, in tokens. Limits are judged by this and not by the upper estimate that money is held by:
 * a prompt that would have fitted must not be refused for a rough count; one that is a little too long is refused by the provider.
 */
export function leastTokens({ textBytes, images, tokens }: PromptSize): number {
  return tokens ?? Math.ceil(textBytes / BYTES_PER_TOKEN) + images * LEAST_IMAGE_TOKENS
}
