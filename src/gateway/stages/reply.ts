import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Exchange } from '../exchange.ts'
import type { ReplyCopying } from '../once/reply-copying.ts'
import type { Checked } from '../stages.ts'

/** A reply that is given before the call has ended: that of a job which was accepted. */
export interface EarlyReply<Reply> {
  /** Keeps it under the call's idempotency key, before its caller has it; not there for calls without one. */
  keep?(reply: Reply): Promise<void>
}

/** The last stage, of which every face has its own: it turns what was checked, or what went wrong, into the face's reply. */
export interface ReplyStage<Reply> {
  /** Writes the answer. The exchange is settled before the caller sees its end. */
  answer(checked: Checked): Reply | Promise<Reply>
  /** Writes an error of an exchange that is already settled. Must not throw. */
  refusal(exchange: Exchange, error: GatewayError): Reply
  /** How replies are copied, and given again to calls with the same idempotency key. */
  readonly copying: ReplyCopying<Reply>
  /** Of a face whose caller may get a reply before the call has ended. */
  readonly early?: EarlyReply<Reply>
}
