import { dialectOf } from '../../dialects/registry.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { HttpReply } from '../http-call.ts'
import type { InboundCall } from '../inbound-call.ts'
import type { LibraryReply } from '../library/chat-answer.ts'
import { libraryReply } from '../library/library-reply.ts'
import type { ReplyStage } from '../stages/reply.ts'
import { PLAIN_DIALECT, wireReply } from '../stages/wire-reply.ts'
import { type JobReply, jobReply } from './job-reply.ts'

/** The last stage of a job whose answer nobody waits for: its outcome is all that counts. */
export function faceOfJob(call: InboundCall): ReplyStage<JobReply<unknown>> {
  return call.face === 'wire'
    ? jobReply(wireReply(dialectOf(call.dialect)), wireText)
    : jobReply(libraryReply, libraryText)
}

/** The body of a whole reply. */
export function wireText({ body }: HttpReply): string {
  if (typeof body === 'string') return body
  if (Buffer.isBuffer(body)) return body.toString('utf8')
  throw new GatewayError('internal', 'A job was answered with a stream.')
}

/** The answer of the library as JSON. */
export function libraryText(reply: LibraryReply): string {
  if (reply.kind === 'whole') return JSON.stringify(reply.answer)
  if (reply.kind === 'refused') return JSON.stringify(PLAIN_DIALECT.encodeError(reply.error))
  throw new GatewayError('internal', 'A job was answered with a stream.')
}

/** The error of a job that was not run, as its caller's format has it. */
export function refusalText(call: InboundCall, error: GatewayError): string {
  return JSON.stringify((call.face === 'wire' ? dialectOf(call.dialect) : PLAIN_DIALECT).encodeError(error))
}
