import type { KeptReply } from '../../storage/contracts/idempotency-store.ts'
import type { Exchange } from '../exchange.ts'

/** An earlier reply that is given to another caller. */
export interface Replay {
  readonly kept: KeptReply
  /** Whether the same key gives it again; otherwise the call may be sent again. */
  readonly final: boolean
  /** The exchange that gets it. */
  readonly exchange: Exchange
  /** The trace of the exchange that ran. */
  readonly originalTraceId: string
}

/** How a face's replies are copied and given again. */
export interface ReplyCopying<Reply> {
  /** A reply that is whole; null for a stream. */
  whole(reply: Reply): KeptReply | null
  /** A stream whose pieces are copied as they pass. */
  tapped(reply: Reply, tap: StreamTap): Reply
  /** An earlier reply as this face gives it. Its exchange is settled. */
  replayed(replay: Replay): Reply
}

/** What a stream is watched for. */
export interface StreamTap {
  readonly mostBytes: number
  /** Whether the books of the exchange are closed: then the piece that was just made is the last. */
  readonly isClosed: () => boolean
  /** To be called once, before the reader sees the end. `copy` is null when it was too large; `whole` tells whether the reader was given everything. */
  readonly finish: (copy: KeptReply | null, whole: boolean) => Promise<void>
}
