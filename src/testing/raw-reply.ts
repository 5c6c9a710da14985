import { hashText, seededRandom } from '../providers/simulated/random.ts'

/** Bytes to send exactly as given: a recording, or something no knob can make. */
export interface RawReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** The whole body; text is sent as UTF-8. */
  readonly body: string | Uint8Array
  /** Where the body is cut into separate writes: byte offsets, or offsets picked by chance, inside characters too. Default: nowhere. */
  readonly splitAt?: 'random' | readonly number[]
  /** Seeds the chance. Default: the body itself. */
  readonly seed?: string | number
}

/** The body cut into the writes the reply asks for; joined they are the body. No piece is empty. */
export function splitBody(raw: RawReply): readonly Buffer[] {
  const body = typeof raw.body === 'string' ? Buffer.from(raw.body) : Buffer.from(raw.body)
  const offsets = raw.splitAt === 'random' ? randomOffsets(body, raw.seed) : [...(raw.splitAt ?? [])]
  const cuts = [...new Set(offsets.filter((at) => at > 0 && at < body.length))].sort((a, b) => a - b)
  const pieces: Buffer[] = []
  let from = 0
  for (const at of [...cuts, body.length]) {
    if (at > from) pieces.push(body.subarray(from, at))
    from = at
  }
  return pieces
}

function randomOffsets(body: Buffer, seed: string | number | undefined): number[] {
  const random = seededRandom(hashText(seed === undefined ? body.toString('latin1') : String(seed)))
  const offsets: number[] = []
  for (let at = random.between(1, 64); at < body.length; at += random.between(1, 64)) offsets.push(at)
  return offsets
}
