import { setTimeout as sleep } from 'node:timers/promises'
import { untilNothingIsHeld } from '../cycle.ts'
import { eventually } from '../eventually.ts'
import { wrongBooks } from '../examine.ts'
import { readBooks } from '../ledger-view.ts'
import { openStand, type Stand } from '../stand.ts'
import { type HttpCallers, httpCallers } from './call-http.ts'
import { Inside } from './inside.ts'
import { type Ending, judge, NOBODY_TOOK_OVER, type Testimony } from './judge.ts'
import { LiveStreams } from './live-streams.ts'
import { ManyWalls } from './many-walls.ts'
import { rowsInDatabase, type StreamRow } from './rows.ts'
import { type Face, planStream, type StreamPlan } from './stream-plan.ts'
import { POOR_EVENT_TOKENS, PRICES, streamsConfig } from './upstreams.ts'

/** How many streams, and which. */
export interface StreamsOptions {
  readonly seed: number
  readonly streams: number
  /** Only the streams of these indexes. */
  readonly only?: readonly number[]
  /** Default: all. */
  readonly faces?: readonly Face[]
  /** Default 96. */
  readonly inFlight?: number
  /** Later streams have no fault that lasts until a clock runs out, so that nobody waits for the last of them. Default: all may. */
  readonly waitsUntil?: number
  /** How long rows may come after their stream, and providers be at work for it. Default 60 s. */
  readonly patienceMs?: number
  /** No stream begins later. Default: no limit. */
  readonly mostMs?: number
  /** No stream begins after so many problems. Default 20. */
  readonly mostProblems?: number
  readonly onStream?: (judged: number) => void
  /** Told of what is known of each stream before it is judged; may change it. For tests that plant lies. */
  readonly onTestimony?: (testimony: Testimony) => Testimony
  /** See `StandOptions`. */
  readonly onClose?: (close: () => Promise<void>) => void
}

/** A stream that was judged. */
export interface JudgedStream {
  readonly index: number
  readonly inbound: string
  readonly upstream: string
  readonly face: Face
  readonly trouble: string
  readonly ending: Ending
  readonly problems: readonly string[]
  /** All that is known, when something is wrong. */
  readonly testimony: Testimony | null
}

/** What came of it. */
export interface StreamsReport {
  readonly judged: readonly JudgedStream[]
  /** What was wrong at the end, when all streams were over. */
  readonly problems: readonly string[]
  readonly seconds: number
}

const FACES: readonly Face[] = ['http', 'http', 'http', 'fetch', 'library']
/** A gateway waits half a second for its ledger before it goes without. */
const SLOW_LEDGER_MS = 250
const SLOW_FOR_MS = 30_000
const PATIENCE_MS = 60_000
/** A call that was left before it came anywhere has neither; nobody waits for them that long. */
const UNHEARD_SHARE = 15
const LOOK_EVERY_MS = 150
/** Streams that are over and not judged; more are not begun. */
const MOST_WAITING = 2_000

/** Runs streams and judges each. Rejects when the stand cannot be built. */
export async function runStreams(options: StreamsOptions): Promise<StreamsReport> {
  const run = new Run(options)
  const unhandled = (reason: unknown) => void run.problems.push(`unhandled in this process: ${String(reason)}`)
  process.on('unhandledRejection', unhandled)
  try {
    return await run.run()
  } finally {
    process.off('unhandledRejection', unhandled)
  }
}

interface Waiting {
  readonly plan: StreamPlan
  readonly heard: Testimony['heard']
  readonly sinceMs: number
}

class Run {
  readonly #options: StreamsOptions
  readonly #faces: readonly Face[]
  readonly #live = new LiveStreams()
  readonly #judged: JudgedStream[] = []
  #waiting: Waiting[] = []
  #running = 0
  #found = 0
  #stand: Stand | null = null
  #callers: HttpCallers | null = null
  #inside: Inside | null = null
  /** When PostgreSQL was last seen to take long. */
  #slowAtMs = Number.NEGATIVE_INFINITY
  readonly problems: string[] = []

  constructor(options: StreamsOptions) {
    this.#options = options
    this.#faces = options.faces ?? FACES
  }

  async run(): Promise<StreamsReport> {
    const walls = new ManyWalls()
    const { onClose } = this.#options
    onClose?.(() => walls.close())
    await walls.start({ keepCalls: 1, onWrite: (call, bytes) => this.#live.wrote(call, bytes) })
    if (this.#faces.includes('http')) {
      this.#stand = await openStand({
        gateways: 1,
        config: (_, redisUrl) => streamsConfig(walls, redisUrl),
        smallDisks: false,
        redis: true,
        ...(onClose
          ? { onClose: (close) => onClose(() => Promise.all([close(), walls.close()]).then(() => undefined)) }
          : {}),
      })
    }
    try {
      walls.plan((call) => this.#live.planFor(call))
      if (this.#stand) this.#callers = httpCallers(this.#stand.gateways[0]?.url() ?? '', this.#stand.key)
      this.#inside = new Inside(walls)
      const started = performance.now()
      await this.#all()
      const seconds = (performance.now() - started) / 1000
      const wanted = this.#options.only?.length ?? this.#options.streams
      if (this.#found === 0 && this.#options.mostMs === undefined && this.#judged.length !== wanted)
        this.problems.push(`${this.#judged.length} streams were judged, and ${wanted} were wanted`)
      this.problems.push(...(await this.#lastLook(walls)))
      return { judged: this.#judged, problems: this.problems, seconds }
    } finally {
      this.#callers?.close()
      await this.#stand?.close()
      await walls.close()
    }
  }

  async #all(): Promise<void> {
    const { streams, only, inFlight = 96, mostProblems = 20 } = this.#options
    const deadline = performance.now() + (this.#options.mostMs ?? Number.POSITIVE_INFINITY)
    let begun = 0
    const end = only?.length ?? streams
    const caller = async () => {
      while (begun < end && this.#found < mostProblems && performance.now() < deadline) {
        const mine = only?.[begun] ?? begun
        begun += 1
        while (this.#waiting.length > MOST_WAITING) await sleep(LOOK_EVERY_MS)
        await this.#one(mine)
      }
    }
    this.#running += 1
    const judging = this.#judgeUntilDone()
    await Promise.all(Array.from({ length: inFlight }, caller))
    this.#running -= 1
    await judging
  }

  async #one(index: number): Promise<void> {
    const { seed, waitsUntil = Number.POSITIVE_INFINITY } = this.#options
    const plan = planStream(seed, index, this.#faces, index < waitsUntil)
    this.#live.begin(plan)
    const heard = plan.face === 'http' ? await this.#callers?.call(plan) : await this.#inside?.call(plan)
    if (heard) this.#waiting.push({ plan, heard, sinceMs: performance.now() })
  }

  async #judgeUntilDone(): Promise<void> {
    while (this.#running > 0 || this.#waiting.length > 0) {
      await sleep(LOOK_EVERY_MS)
      await this.#judgeSome()
    }
  }

  /** Judges those whose providers are done and whose rows are there, or who waited for that long enough. */
  async #judgeSome(): Promise<void> {
    const now = performance.now()
    const { patienceMs = PATIENCE_MS } = this.#options
    const isLate = ({ sinceMs }: Waiting) => now - sinceMs > patienceMs
    const ready = this.#waiting.filter((one) => this.#live.isOver(one.plan.name) || isLate(one))
    if (ready.length === 0) return
    const rows = new Map<string, StreamRow[]>()
    for (const row of await this.#rowsOf(ready)) rows.set(row.name, [...(rows.get(row.name) ?? []), row])
    const done = new Set<Waiting>()
    for (const one of ready) {
      const { plan, heard, sinceMs } = one
      const own = rows.get(plan.name) ?? []
      const calls = this.#live.calls(plan.name)
      const attempts = own.filter(({ attempt }) => attempt > 0).length
      const unheard = heard.ended === 'left' && calls === 0 && now - sinceMs > patienceMs / UNHEARD_SHARE
      const booked = own.length > 0 && attempts >= calls
      if (!booked && !unheard && !isLate(one)) continue
      // A provider may have heard of it only now, while the rows were asked for.
      if (!this.#live.isOver(plan.name) && !isLate(one)) continue
      done.add(one)
      this.#judge(one, own)
    }
    this.#waiting = this.#waiting.filter((one) => !done.has(one))
  }

  async #rowsOf(waiting: readonly Waiting[]): Promise<readonly StreamRow[]> {
    const [outside, inside] = [true, false].map((isHttp) =>
      waiting.filter(({ plan }) => (plan.face === 'http') === isHttp).map(({ plan }) => plan.name),
    )
    const asked = performance.now()
    const rows = this.#stand && outside?.length ? await rowsInDatabase(this.#stand.database, outside) : []
    if (performance.now() - asked > SLOW_LEDGER_MS) this.#slowAtMs = asked
    return [...rows, ...(inside?.length ? ((await this.#inside?.rows(inside)) ?? []) : [])]
  }

  #judge({ plan, heard }: Waiting, rows: readonly StreamRow[]): void {
    const isOver = this.#live.isOver(plan.name)
    const { onTestimony = (known) => known, onStream } = this.#options
    const testimony = onTestimony({ plan, heard, sent: this.#live.end(plan.name), rows })
    const verdict = judge(testimony)
    // A fallback is asked only with money for it, and a ledger that is busy is not waited for.
    const isSlow = plan.face === 'http' && performance.now() - this.#slowAtMs < SLOW_FOR_MS
    const told = verdict.problems.filter((problem) => !(isSlow && problem.startsWith(NOBODY_TOOK_OVER)))
    const problems = [...told, ...(isOver ? [] : ['a provider is at work after its caller is done'])]
    if (plan.face !== 'http') this.#inside?.judged(plan.name)
    if (problems.length > 0) this.#found += 1
    const { index, inbound, upstream, face, parts } = plan
    const trouble = parts[0].trouble
    this.#judged.push({
      index,
      inbound,
      upstream,
      face,
      trouble,
      ending: verdict.ending,
      problems,
      testimony: problems.length > 0 ? testimony : null,
    })
    onStream?.(this.#judged.length)
  }

  /** Nobody holds anything, the books are right, and everybody leaves. */
  async #lastLook(walls: ManyWalls): Promise<string[]> {
    const problems = [...((await this.#inside?.close()) ?? [])]
    this.#callers?.close()
    if (this.#stand) {
      const { database, gateways } = this.#stand
      const { left } = await untilNothingIsHeld(this.#stand)
      problems.push(...left.map((key) => `${key}: lent or taken a minute after the last stream`))
      problems.push(...wrongBooks(await readBooks(database), BigInt(POOR_EVENT_TOKENS) * 3n * PRICES.output))
      for (const gateway of gateways)
        if (!gateway.alive()) problems.push(`${gateway.name} ended by itself: ${gateway.lastWords()}`)
      await database.leave()
      const codes = await Promise.all(gateways.map((gateway) => gateway.end('SIGTERM')))
      if (codes.some((code) => code !== 0)) problems.push(`gateways ended with ${codes} after SIGTERM`)
    }
    if (!(await eventually(async () => (await walls.connections()) === 0, 5_000)))
      problems.push(`${await walls.connections()} connections to providers are open after everybody closed`)
    return problems
  }
}
