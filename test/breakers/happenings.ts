import { isLeased } from '../../src/execution/circuit-breaker.ts'
import {
  type Call,
  done,
  type Instance,
  posted,
  SETTINGS,
  type Sent,
  STEP_MS,
  type Steps,
  sending,
  toldAt,
  type World,
  withInstance,
} from './world.ts'

/** Everything that can happen next, in words, with the world it leads to. */
export function* happenings(steps: Steps, world: World): Generator<readonly [string, World]> {
  for (const [index, instance] of world.instances.entries()) {
    const name = 'ABC'[index] ?? '?'
    yield* callsOf(steps, world, index, instance, name)
    yield* messagesOf(steps, world, index, instance, name)
    if (world.faults > 0) yield* faultsOf(steps, world, index, instance, name)
  }
  for (const [at, sent] of world.late.entries()) {
    const late = world.late.filter((_, index) => index !== at)
    yield ['the board does what came late', done(steps, { ...world, late }, sent).world]
    yield ['what came late is lost', { ...world, late }]
  }
  if (world.faults > 0 && world.board) {
    yield ['the board forgets', { ...world, board: null, faults: world.faults - 1, hasForgotten: true }]
  }
  if (someoneWaits(world)) yield ['time passes', { ...world, now: world.now + STEP_MS }]
}

function* callsOf(steps: Steps, world: World, index: number, instance: Instance, name: string) {
  const { copy, calls } = instance
  const mayCall = index === 0 || !world.isPlain
  if (
    mayCall &&
    copy.breaker.phase === 'closed' &&
    !calls.some(({ isProbe, epoch }) => !isProbe && epoch === copy.breaker.epoch)
  ) {
    const call: Call = { epoch: copy.breaker.epoch, isProbe: false, isGiven: false }
    yield [`${name} calls`, withInstance(world, index, { calls: [...calls, call] })] as const
  }
  if (copy.breaker.phase !== 'closed' && !calls.some(({ isProbe, epoch }) => isProbe && epoch < 0)) {
    for (const now of copy.breaker.until > world.now ? [false, true] : [false])
      yield* asksOf(steps, world, index, instance, `${name} asks${now ? ' all the same' : ''}`, now)
  }
  for (const [at, call] of calls.entries()) {
    const others = calls.filter((_, other) => other !== at)
    const what = `${name}'s ${call.isProbe ? 'probe' : 'call'}`
    yield [`${what} answers well`, told(steps, world, index, call, others, 'succeeded')] as const
    if (call.isProbe && !world.isPlain)
      yield [`${what} says nothing`, told(steps, world, index, call, others, 'released')] as const
    if (world.failures > 0) {
      const fewer = { ...world, failures: world.failures - 1 }
      yield [`${what} fails`, told(steps, fewer, index, call, others, 'failed')] as const
    }
    const { breaker } = copy
    const isOnItsWay = call.isProbe && call.epoch === breaker.epoch && breaker.phase === 'half-open'
    if (isOnItsWay && !world.isPlain && breaker.until - world.now <= STEP_MS) {
      const renewed = renewing(steps, world, index)
      if (renewed) yield [`${what} is renewed`, renewed] as const
    }
  }
}

function renewing(steps: Steps, world: World, index: number): World | null {
  const { copy, isAway } = world.instances[index] as Instance
  const { epoch } = copy.breaker
  const renewed = steps.reduce(copy.breaker, { type: 'renewed', epoch, at: world.now }, SETTINGS)
  if (isAway) return withInstance(world, index, { copy: steps.changed(copy, renewed) })
  if (copy.posted !== null || copy.owed) return null
  const id = `i${world.ids}`
  return posted({ ...world, ids: world.ids + 1 }, index, steps.asking(copy, renewed, id), id, renewed)
}

function told(
  steps: Steps,
  world: World,
  index: number,
  { epoch, isProbe }: Call,
  calls: readonly Call[],
  type: 'succeeded' | 'failed' | 'released',
): World {
  const { copy } = world.instances[index] as Instance
  const breaker = steps.reduce(copy.breaker, { type, epoch, at: world.now }, SETTINGS)
  const hasClosed = breaker.phase === 'closed' && copy.breaker.phase !== 'closed'
  const after = withInstance(world, index, {
    calls,
    copy: breaker === copy.breaker ? copy : steps.changed(copy, breaker),
  })
  const wrong = hasClosed && !isProbe ? 'a call that was no probe closed the breaker' : null
  return { ...sending(steps, after, index), wrong }
}

function* asksOf(
  steps: Steps,
  world: World,
  index: number,
  { copy, isAway, calls }: Instance,
  what: string,
  now: boolean,
) {
  if (copy.asked) return
  const lease = steps.reduce(copy.breaker, { type: 'asked', at: world.now, now }, SETTINGS)
  if (!isLeased(copy.breaker, lease)) return
  if (isAway || copy.posted !== null) {
    // Where an answer is waited for, the time for that may be over.
    const call: Call = { epoch: lease.epoch, isProbe: true, isGiven: false }
    const change = { copy: steps.changed(copy, lease), isAway: true, calls: [...calls, call] }
    yield [`${what}, and decides by itself`, withInstance(world, index, change)] as const
    return
  }
  const id = `i${world.ids}`
  const asked = steps.asking(copy, lease, id)
  yield [what, posted({ ...world, ids: world.ids + 1 }, index, asked, id, lease)] as const
}

function* messagesOf(steps: Steps, world: World, index: number, { copy, isAway, sent, calls }: Instance, name: string) {
  const { board } = world
  // A look says nothing of when it was sent: it is under way from when the board answers it. One that shows nothing new changes nothing.
  const isNews = isAway || (board ? board.id !== copy.known.at(-1) : copy.breaker.phase !== 'closed')
  if (isNews && sent.every(({ what, answer }) => what !== 'look' && answer !== null)) {
    const look: Sent = { what: 'look', answer: { entry: toldAt(world) } }
    yield [`${name} looks`, withInstance(world, index, { sent: [...sent, look] })] as const
  }
  const next = sent.findIndex(({ answer }) => answer === null)
  const request = sent[next]
  if (request) {
    const { world: after, answer } = done(steps, world, request)
    const answeredSent = sent.map((one, at) => (at === next ? { ...one, answer } : one))
    yield [`the board does what ${name} sent`, withInstance(after, index, { sent: answeredSent })] as const
  }
  const [first, ...rest] = sent
  if (first?.answer)
    yield [`${name} hears`, heard(steps, withInstance(world, index, { sent: rest }), index, first)] as const
  if (copy.asked && !isAway && copy.asked.epoch !== copy.breaker.epoch) {
    const call: Call = { epoch: copy.asked.epoch, isProbe: true, isGiven: false }
    const change = { copy: steps.decided(copy), isAway: true, calls: [...calls, call] }
    yield [`${name} waits no longer`, withInstance(world, index, change)] as const
  }
}

function heard(steps: Steps, world: World, index: number, { what, answer }: Sent): World {
  const { copy, calls } = world.instances[index] as Instance
  const entry = answer?.entry ?? null
  if (what === 'look') {
    const after = withInstance(world, index, { copy: steps.seen(copy, entry, world.now), isAway: false })
    return sending(steps, after, index)
  }
  if (!entry) throw new Error('a post is answered with what stands there')
  const after = steps.answered(copy, entry, world.now)
  // More time for the probe that is on its way makes no other one.
  const isGiven = copy.asked !== null && after.breaker === copy.asked && copy.asked.epoch !== copy.breaker.epoch
  const more: readonly Call[] = isGiven ? [{ epoch: after.breaker.epoch, isProbe: true, isGiven }] : []
  return sending(steps, withInstance(world, index, { copy: after, calls: [...calls, ...more] }), index)
}

function* faultsOf(steps: Steps, world: World, index: number, { copy, sent }: Instance, name: string) {
  const late = [...world.late, ...sent.filter(({ what, answer }) => what !== 'look' && answer === null)]
  const broken = { ...world, late, faults: world.faults - 1 }
  if (sent.length > 0) {
    const change = { copy: steps.unanswered(copy), sent: [], isAway: true }
    yield [`the connection of ${name} breaks`, withInstance(broken, index, change)] as const
  }
  const dead: Instance = { copy: { ...copy, ...NEW }, sent: [], isAway: false, calls: [] }
  yield [`${name} dies and begins anew`, withInstance(broken, index, dead)] as const
}

/** What an instance knows that just began. */
const NEW: Instance['copy'] = {
  breaker: { phase: 'closed', epoch: 0, failures: 0, ejections: 0, since: 0, until: 0 },
  known: [],
  owed: false,
  posted: null,
  asked: null,
}

/** Whether something is waited for that time alone brings. */
function someoneWaits({ now, instances, board }: World): boolean {
  const ahead = (phase: string, until: number) => phase !== 'closed' && until > now
  return (
    instances.some(({ copy: { breaker } }) => ahead(breaker.phase, breaker.until)) ||
    (board !== null && ahead(board.entry.phase, board.at + board.entry.forMs))
  )
}
