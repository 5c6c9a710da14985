import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Exchange } from '../exchange.ts'
import type { Checked } from '../stages.ts'

/** The last stage, of which every face has its own: it turns what was checked, or what went wrong, into the face's reply. */
export interface ReplyStage<Reply> {
  /** Writes the answer. The exchange is settled before the caller sees its end. */
  answer(checked: Checked): Reply | Promise<Reply>
  /** Writes an error of an exchange that is already settled. Must not throw. */
  refusal(exchange: Exchange, error: GatewayError): Reply
}
