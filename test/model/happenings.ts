import { burialHappenings } from './burial-steps.ts'
import { callHappenings } from './call-steps.ts'
import type { InstanceSide } from './instance-side.ts'
import { instanceHappenings } from './instance-steps.ts'
import { after, type LedgerSteps } from './ledger-steps.ts'
import { messageHappenings, NOW_MS } from './message-steps.ts'
import { type SmallWorld, windowsOf } from './small-world.ts'
import type { Happening, Instance, ModelLedger, Rules, State } from './state.ts'

/** Everything that can happen next. */
export function happenings(rules: Rules, state: State): readonly Happening[] {
  return [
    ...callHappenings(rules, state),
    ...messageHappenings(rules, state),
    ...instanceHappenings(rules, state),
    ...burialHappenings(rules, state),
  ]
}

/** The rules of a world. */
export function rulesOf(world: SmallWorld, steps: LedgerSteps, side: InstanceSide): Rules {
  return { world, windows: windowsOf(world), steps, side, settlements: new Map() }
}

/** How a world begins: two instances have just joined, and no call has come. */
export function beginning({ world, windows, steps }: Rules): State {
  let ledger: ModelLedger = {
    windows: new Map(),
    instances: new Map(),
    usage: new Map(),
    requests: new Map(),
    adjustments: new Map(),
  }
  for (const id of ['A', 'B']) ledger = after(ledger, steps.register(ledger, id, NOW_MS))
  const instance = (id: string): Instance => ({
    alive: true,
    id,
    trusted: true,
    accounts: windows.map(() => ({ lent: 0n, held: 0n })),
    waiting: [],
    pressed: false,
    doubts: false,
  })
  return {
    ledger,
    instances: [instance('A'), instance('B')],
    calls: world.calls.map(({ instance: on }) => ({
      instance: on,
      stage: 'new',
      held: [],
      grew: null,
      heldBy: '',
      wasSent: false,
      excused: false,
    })),
    messages: [],
    files: new Map(),
    faults: world.faults,
    credits: world.credits,
    excuses: windows.map(() => 0n),
    wrong: null,
  }
}
