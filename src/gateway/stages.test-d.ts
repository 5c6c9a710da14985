import { describe, expectTypeOf, it } from 'vitest'
import type { Exchange } from './exchange.ts'
import type { InboundCall } from './inbound-call.ts'
import { admit } from './stages/admit.ts'
import { authenticate } from './stages/authenticate.ts'
import { executeCall } from './stages/execute.ts'
import { guardInput } from './stages/guard-input.ts'
import { guardOutput } from './stages/guard-output.ts'
import { lookup } from './stages/lookup.ts'
import { receive } from './stages/receive.ts'
import type { ReplyStage } from './stages/reply.ts'
import { reserve } from './stages/reserve.ts'
import { route } from './stages/route.ts'
import type {
  Admitted,
  Answered,
  Authenticated,
  Checked,
  GuardedInput,
  Missed,
  Received,
  Reserved,
  Routed,
} from './stages.ts'

/* A stage that is left out does not compile: each line below marked as an error is one, and the type check fails when it is not. */

declare const exchange: Exchange
declare const call: InboundCall
declare const reply: ReplyStage<string>

describe('the stages of a call', () => {
  it('fit one after another', () => {
    expectTypeOf(receive).returns.toEqualTypeOf<Received>()
    expectTypeOf(authenticate).parameter(0).toEqualTypeOf<Received>()
    expectTypeOf(route).parameter(0).toEqualTypeOf<Authenticated>()
    expectTypeOf(admit).parameter(0).toEqualTypeOf<Routed>()
    expectTypeOf(guardInput).parameter(0).toEqualTypeOf<Admitted>()
    expectTypeOf(lookup).parameter(0).toEqualTypeOf<GuardedInput>()
    expectTypeOf(reserve).parameter(0).toEqualTypeOf<Missed>()
    expectTypeOf(executeCall).parameter(0).toEqualTypeOf<Reserved>()
    expectTypeOf(guardOutput).parameter(0).toEqualTypeOf<Answered>()
    expectTypeOf(reply.answer).parameter(0).toEqualTypeOf<Checked>()
  })

  it('do not compile when one is left out', () => {
    const skipping = async () => {
      const received = receive(exchange, call)
      // @ts-expect-error: nobody knows who asks
      route(received)
      const authenticated = await authenticate(received)
      // @ts-expect-error: nobody decided what may serve it
      admit(authenticated)
      const routed = route(authenticated)
      // @ts-expect-error: nobody let it in
      guardInput(routed)
      const admitted = await admit(routed)
      // @ts-expect-error: nobody looked at the tool results
      lookup(admitted)
      const guarded = guardInput(admitted)
      // @ts-expect-error: nobody looked for an answer that exists already
      await reserve(guarded)
      const missed = lookup(guarded)
      // @ts-expect-error: no money is held
      await executeCall(missed)
      const answered = await executeCall(await reserve(missed))
      // @ts-expect-error: nobody checked the answer
      await reply.answer(answered)
      return reply.answer(guardOutput(answered))
    }
    expectTypeOf(skipping).returns.resolves.toBeString()
  })
})
