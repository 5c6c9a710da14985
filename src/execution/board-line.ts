/*
 * The line to the board on which instances share the breakers of their deployments.
 *
 * The board is looked at a few times a second, which is how an instance learns what others found out, and how it knows that the board is there. No call waits for
 * that. When the board does not answer a look or a post, it is away: from then on each instance decides by itself, without asking, until a look
 * is answered again. Then everything that happened meanwhile is posted, and what others posted first is taken over.
 */
import { within } from '../lib/within.ts'
import type { BoardPost, BoardView, BreakerBoard } from '../storage/contracts/breaker-board.ts'

/** How breakers are shared, for operators. */
export interface BreakerCondition {
  readonly store: 'memory' | 'redis'
  /** `away`: the server does not answer, and this instance decides by itself. */
  readonly state: 'ok' | 'away'
}

/** What a line is made of. */
export interface BoardLineOptions {
  readonly board: BreakerBoard
  readonly log: { info(facts: object, message: string): void; warn(facts: object, message: string): void }
  /** What the connection last complained of; empty when it did not. */
  readonly complaint?: () => string
  /** How long a call that would be a probe waits for the board. Default 50 ms. */
  readonly patienceMs?: number | undefined
  /** How often the board is looked at; null: only when told. Default 250 ms. */
  readonly everyMs?: number | null
}

/** Who is told what the board shows. */
export interface BoardReader {
  /** The board is about to be looked at. Gives the deployments that were found to have no room since the last time, and for how long. */
  limited(): readonly (readonly [string, number])[]
  /** The board was looked at. `wasAway`: it had not answered before. `number`: what was sent before the look has a lower one, and the board did it before. */
  read(view: BoardView, look: { readonly wasAway: boolean; readonly number: number }): void
}

const PATIENCE_MS = 50
const EVERY_MS = 250
/** Looks that take longer say that the board is away; no call waits for them. */
const LOOK_MS = 1_000

/** See above. */
export class BoardLine {
  readonly patienceMs: number
  readonly #board: BreakerBoard
  readonly #log: BoardLineOptions['log']
  readonly #complaint: () => string
  readonly #everyMs: number | null
  #reader: BoardReader | null = null
  #version = ''
  #sent = 0
  #isAway = false
  #closed = false
  #looking: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined

  constructor({ board, log, complaint, patienceMs, everyMs }: BoardLineOptions) {
    this.#board = board
    this.#log = log
    this.#complaint = complaint ?? (() => '')
    this.patienceMs = patienceMs ?? PATIENCE_MS
    this.#everyMs = everyMs === undefined ? EVERY_MS : everyMs
  }

  /** Whether the board does not answer. */
  get isAway(): boolean {
    return this.#isAway
  }

  /** Numbers what is sent, in its order. */
  number(): number {
    this.#sent += 1
    return this.#sent
  }

  /** What the last look showed was not taken over by all: the next one is to show everything. */
  lookAgain(): void {
    this.#version = ''
  }

  /** How it is, for operators. */
  condition(): BreakerCondition {
    return { store: 'redis', state: this.#isAway ? 'away' : 'ok' }
  }

  /** Begins to look. Resolves after the first look, or when that took too long: the board need not be there. */
  async open(reader: BoardReader): Promise<void> {
    this.#reader = reader
    await within(this.look(), LOOK_MS)
    this.#again()
  }

  /** Puts an entry on the board. Rejects, and the board is away, when there is no answer. */
  async post(post: BoardPost): ReturnType<BreakerBoard['post']> {
    try {
      return await this.#board.post(post)
    } catch (error) {
      this.leave()
      throw error
    }
  }

  /** Looks at the board now. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  /** Notes that the board does not answer. */
  leave(): void {
    if (this.#isAway || this.#closed) return
    this.#isAway = true
    const reason = this.#complaint() || 'it does not answer'
    this.#log.warn({ reason }, 'the server of shared breakers is away; this instance goes by what it finds out itself')
  }

  /** Looks no more. The connection stays the caller's. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    // Who comes back wants to see everything: the board may have lost its memory.
    const number = this.number()
    const view = this.#board.look(this.#isAway ? '' : this.#version, this.#reader?.limited() ?? [])
    const inTime = within(view, LOOK_MS).then((seen) => {
      if (!seen) this.leave()
    })
    // A late answer is a sign of life too.
    const seen = await view.catch(() => null)
    await inTime
    if (!seen || this.#closed) return
    const wasAway = this.#isAway
    this.#isAway = false
    this.#version = seen.version
    if (wasAway) this.#log.info({}, 'the server of shared breakers is back; breakers are shared again')
    this.#reader?.read(seen, { wasAway, number })
  }

  #again(): void {
    if (this.#closed || this.#everyMs === null) return
    this.#timer = setTimeout(() => void this.look().then(() => this.#again()), this.#everyMs)
    this.#timer.unref()
  }
}
