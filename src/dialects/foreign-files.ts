import type { Part } from '../canonical/content.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { GatewayError } from '../errors/gateway-error.ts'

/**
 * Throws GatewayError `unsupported_parameter` when a call names files by ids that mean nothing here: they were uploaded to the provider whose format
 * the caller wrote, and that is none of `known`. Calls of the library (`caller` undefined) are trusted to name what is there.
 */
export function refuseForeignFiles(
  { messages }: CanonicalRequest,
  caller: DialectName | undefined,
  known: readonly DialectName[],
): void {
  if (caller === undefined || known.includes(caller)) return
  messages.forEach(({ content }, at) => {
    content.forEach((part, index) => {
      const pieces: readonly Part[] = part.type === 'tool-result' ? part.content : [part]
      if (!pieces.some((piece) => 'source' in piece && piece.source.kind === 'provider-file')) return
      const path = `messages[${at}].content[${index}]`
      const message = `${path}: this file was uploaded to another provider; send its bytes in base64 (a data URL).`
      throw new GatewayError('unsupported_parameter', message, { param: path })
    })
  })
}
