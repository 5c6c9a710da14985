import type { AttemptRecord } from '../execution/running-attempt.ts'
import { askedRecord } from '../policy/replay/asked-record.ts'
import type { RouteAsk } from '../policy/route.ts'
import { usedBy } from './attempt-usage.ts'
import { AskedSignals } from './call-signals.ts'
import type { Authenticated } from './stages.ts'

/** What the decision on a call was asked, for the ledger. To be called when the call is over; what nobody had asked to know is not found out now, if that is dear. */
export function askedCall(
  call: Authenticated,
  ask: RouteAsk,
): (answered: AttemptRecord | null, inputEstimate: number) => unknown {
  return (answered, inputEstimate) => {
    const signals = ask.signals instanceof AskedSignals ? ask.signals : new AskedSignals(call)
    return askedRecord(
      ask,
      {
        responseMode: signals.responseMode(),
        tools: call.request.tools === undefined ? [] : signals.tools().map(({ name }) => name),
        documents: signals.documents(),
        complexity: signals.known.complexity,
        budgetUsed: signals.known.budgetUsed,
        prefix: signals.known.prefix,
      },
      answered ? usedBy(answered, inputEstimate).usage : null,
    )
  }
}
