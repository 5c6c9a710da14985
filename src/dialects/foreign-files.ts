/*
 * Files by the id that a vendor gave them at their upload. Such an id means something at that vendor alone; sent to another one it would be refused there in
 * words that nobody understands, or name somebody else's file. Whose an id is shows in its form; of ids in other forms (hosts like OpenAI have their own)
 * the provider knows best.
 */
import type { Part } from '../canonical/content.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { GatewayError } from '../errors/gateway-error.ts'

/** Vendors whose ids can be told, and how they begin. */
const FORMS = {
  openai: /^file-/,
  anthropic: /^file_/,
  google: /^(?:gs:\/\/|files\/|https:\/\/generativelanguage\.googleapis\.com\/)/,
} as const

/** Throws GatewayError `unsupported_parameter` when a call names a file that is at another vendor; `here` is null for vendors without such files. */
export function refuseForeignFiles({ messages }: CanonicalRequest, here: keyof typeof FORMS | null): void {
  messages.forEach(({ content }, at) => {
    content.forEach((part, index) => {
      const pieces: readonly Part[] = part.type === 'tool-result' ? part.content : [part]
      if (!pieces.some((piece) => isElsewhere(piece, here))) return
      const path = `messages[${at}].content[${index}]`
      const message = `${path}: this file was uploaded to another provider; send its bytes in base64 (a data URL).`
      throw new GatewayError('unsupported_parameter', message, { param: path })
    })
  })
}

function isElsewhere(part: Part, here: keyof typeof FORMS | null): boolean {
  if (!('source' in part) || part.source.kind !== 'provider-file') return false
  const { id } = part.source
  return here === null || (!FORMS[here].test(id) && Object.values(FORMS).some((form) => form.test(id)))
}
