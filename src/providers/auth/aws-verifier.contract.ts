import { createHash, createHmac } from 'node:crypto'

/*
 * The other side of Amazon's signature, version 4: what a server does with a request that came to it, from the description of the protocol
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). The tests hold the maker's own client against it
 * first, and then us.
 */

/** A request as it came. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query, as they were asked for. */
  readonly target: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What a request says of who signed it. */
export interface Signed {
  readonly accessKeyId: string
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** The parts of an authorization header. */
export function signedBy(headers: Readonly<Record<string, string>>): Signed {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? []
  const [, accessKeyId = '', scope = '', names = '', signature = ''] = parts
  return { accessKeyId, scope, signedHeaders: names.split(';'), signature }
}

/** The signature that the holder of the secret would have made over this request. */
export function signatureOf(request: ReceivedRequest, secretAccessKey: string): string {
  const { scope, signedHeaders } = signedBy(request.headers)
  const [path = '', query = ''] = request.target.split('?')
  const canonical = [
    request.method,
    // Every service but S3 encodes the path once more, as it was sent.
    path.split('/').map(encoded).join('/'),
    query.split('&').toSorted().join('&'),
    ...signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`)
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(text).digest('hex')
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}
