import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { Client, type ClientBase, Pool, type PoolClient, types } from 'pg'
import { GatewayError } from '../../errors/gateway-error.ts'
import { Alarm } from '../../lib/alarm.ts'
import type { StorageLog } from '../contracts/storage.ts'
import type { Statement } from './statement.ts'
import { lostNames, StatementBatch } from './statement-batch.ts'
import { TimeLimitError, withinTime } from './time-limit.ts'

/*
 * A pool that would rather say no than wait. Three ways for a database to be away, and what each costs a call:
 *   down     connecting fails at once;
 *   busy     no connection is free within `acquireMs`;
 *   hung     (stopped, swapped out, network gone) an idle connection looks fine and never answers: found out within `beginMs`, because
 *            work begins with a word that is no work at all: the `begin` of a transaction, or an empty query before statements that go together,
 *            left out when the connection answered a moment ago.
 * A connection that broke a limit is closed, not returned: its answer may still be on the way and would be taken for the next one's.
 * A new connection may take longer than any waiter stays; it then goes to the pool for the next one.
 * Before anybody calls there is nobody to say no to: a process that starts on a busy machine waits as long as a connection may take.
 */

/** What one pool is for. Times in ms. */
export interface PoolSettings {
  readonly url: string
  readonly connections: number
  readonly acquireMs: number
  readonly connectMs: number
  readonly beginMs: number
  /** The longest statement; 0 is no limit. The server stops it; should the server not, the connection is closed a second later. */
  readonly statementMs: number
  readonly lockMs: number
  /** How long a connection may be idle before it is closed: there are firewalls that forget the quiet ones. Default 60 s. */
  readonly idleMs?: number | undefined
  /** Whether callers wait; until then `acquireMs` and `beginMs` are no shorter than `connectMs`. */
  readonly callersWait: () => boolean
  readonly log: StorageLog
}

const ANSWER_GRACE_MS = 1_000
const IDLE_MS = 60_000
const FAREWELL_MS = 2_000
const BEGIN = /^(begin|start transaction)/
const SIGN_OF_LIFE = 'select'
/** Who answered so long ago is asked for a sign of life. */
const QUIET_MS = 1_000
const LOST = 'lost an idle database connection'
const NO_NAMES =
  'the database connection forgets prepared statements (a pooler in transaction mode?); settlements go on without them, at a higher cost for the database'
const INT8 = 20
const NUMERIC = 1700
const TIMESTAMPTZ = 1184

/** Throws GatewayError `ledger_unavailable` when the text is no PostgreSQL URL. The URL may hold a password and is never repeated. */
export function assertPostgresUrl(url: string): void {
  try {
    if (!/^(postgres(ql)?|socket):/.test(url)) throw new TypeError('wrong protocol')
    new Client({ connectionString: url })
  } catch {
    throw new GatewayError(
      'ledger_unavailable',
      'The storage URL is not a PostgreSQL URL; it looks like postgres://user:password@host:5432/database.',
    )
  }
}

/** A pool of connections with limits on every wait, in the shape that kysely takes. */
export class ConnectionPool implements PostgresPool {
  readonly options: object
  readonly #pool: Pool
  readonly #settings: PoolSettings
  readonly #farewells = new Map<ClientBase, PromiseWithResolvers<void>>()
  /** Statements that go together and have not been answered. */
  readonly #running = new Set<StatementBatch>()
  readonly #alarm = new Alarm({ ring: () => this.#giveUpTheLate() })
  /**
   * The connection that answered such statements last. They come one after another, and to put it back into the pool and take it out again takes as long as to
   * run them; so it waits here for the next ones, or for somebody who finds the pool empty, or until it has been idle for too long.
   */
  #aside: { readonly connection: PoolClient; readonly answeredAt: number } | null = null
  readonly #broken = new WeakSet<ClientBase>()
  #ended: Promise<void> | null = null
  /** Whether statements are prepared under names. */
  #names = true

  constructor(settings: PoolSettings) {
    this.#settings = settings
    this.#pool = new Pool({
      connectionString: settings.url,
      max: settings.connections,
      connectionTimeoutMillis: settings.connectMs,
      idleTimeoutMillis: settings.idleMs ?? IDLE_MS,
      keepAlive: true,
      application_name: 'headgate',
      types: { getTypeParser },
      onConnect: (client: ClientBase) => prepareSession(client, settings),
    })
    this.options = this.#pool.options
    // Without a listener the loss of a connection would end the process.
    this.#pool.on('error', (error) => settings.log.warn({ err: error }, LOST))
    this.#pool.on('connect', (client) => {
      client.on('error', (error) => this.#lost(client, error))
      this.#farewells.set(client, Promise.withResolvers())
    })
    this.#pool.on('remove', (client) => {
      this.#farewells.get(client)?.resolve()
      this.#farewells.delete(client)
    })
  }

  async connect(): Promise<PostgresPoolClient> {
    return new LimitedClient(await this.#acquire(), this.#settings)
  }

  /** Runs statements in one trip, as one transaction. Rejects with the server's error, and then nothing is left of them. */
  async together(statements: readonly Statement[]): Promise<void> {
    this.#closeOld()
    const aside = this.#aside
    this.#aside = null
    const connection = aside?.connection ?? (await this.#acquire())
    try {
      if (!aside || this.#alarm.now - aside.answeredAt > QUIET_MS) await this.#askForLife(connection)
      await this.#batch(connection, statements)
    } catch (error) {
      connection.release(error instanceof TimeLimitError)
      throw error
    }
    const isBroken = this.#broken.has(connection)
    if (isBroken || this.#ended || this.#aside || this.#pool.waitingCount > 0) connection.release(isBroken)
    else this.#aside = { connection, answeredAt: this.#alarm.now }
  }

  async #askForLife(connection: PoolClient): Promise<void> {
    const answer = connection.query(SIGN_OF_LIFE)
    answer.catch(ignore)
    await withinTime(answer, patienceOf(this.#settings, 'beginMs'))
  }

  /** A pooler between us and the server may give each transaction another server process, which was never told the names. Then we do without. */
  async #batch(connection: PoolClient, statements: readonly Statement[]): Promise<void> {
    try {
      await this.#send(connection, statements)
    } catch (error) {
      if (!lostNames(error)) throw error
      if (this.#names) this.#settings.log.warn({}, NO_NAMES)
      this.#names = false
      await this.#send(connection, statements)
    }
  }

  async #send(connection: PoolClient, statements: readonly Statement[]): Promise<void> {
    const limitMs = answerLimitMs(this.#settings)
    const now = this.#alarm.now
    const until = limitMs === 0 ? Number.POSITIVE_INFINITY : now + limitMs
    const batch = new StatementBatch(statements, this.#names, until)
    this.#running.add(batch)
    this.#alarm.by(until, now)
    try {
      await connection.query(batch).done
    } finally {
      this.#running.delete(batch)
    }
  }

  /** Sockets are read once more first, as in `withinTime`. */
  #giveUpTheLate(): void {
    const now = this.#alarm.now
    for (const batch of this.#running) {
      if (batch.until > now) this.#alarm.by(batch.until)
      else setImmediate(() => batch.giveUp(new TimeLimitError(answerLimitMs(this.#settings))))
    }
  }

  /** The pool hears itself that an idle connection of its own is lost, and a query that runs fails; only the one set aside is nobody's else. */
  #lost(client: ClientBase, error: Error): void {
    this.#broken.add(client)
    if (client !== this.#aside?.connection) return
    this.#settings.log.warn({ err: error }, LOST)
    this.#putBack(true)
  }

  /** The one set aside is out of the pool's sight, so its age is looked at here: at each use, and as often as anybody else takes a connection. */
  #closeOld(): void {
    const { idleMs = IDLE_MS } = this.#settings
    if (this.#aside && this.#alarm.now - this.#aside.answeredAt > idleMs) this.#putBack(true)
  }

  /** Gives the pool the connection that waits for further statements. */
  #putBack(isLost = false): void {
    this.#aside?.connection.release(isLost)
    this.#aside = null
  }

  async #acquire(): Promise<PoolClient> {
    this.#closeOld()
    // Those who asked in this turn of the event loop have not taken theirs yet.
    if (this.#pool.idleCount <= this.#pool.waitingCount) this.#putBack()
    const acquiring = this.#pool.connect()
    try {
      return await withinTime(acquiring, patienceOf(this.#settings, 'acquireMs'))
    } catch (error) {
      if (error instanceof TimeLimitError) acquiring.then(giveBack, ignore)
      throw error
    }
  }

  /** Closes all connections and waits until the server has let go of them, though not for a server that is hung. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    this.#putBack()
    const farewells = [...this.#farewells.values()].map((farewell) => farewell.promise)
    await this.#pool.end()
    await withinTime(Promise.all(farewells), FAREWELL_MS).catch(ignore)
    this.#alarm.off()
  }
}

/** One acquired connection, whose answers are waited for only so long. */
class LimitedClient implements PostgresPoolClient {
  readonly #client: PoolClient
  readonly #settings: PoolSettings
  #released = false

  constructor(client: PoolClient, settings: PoolSettings) {
    this.#client = client
    this.#settings = settings
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  query(): never
  async query<R>(sql?: string, parameters: readonly unknown[] = []): Promise<PostgresQueryResult<R>> {
    if (sql === undefined || this.#released) throw new Error('the database connection was closed')
    const answer = this.#client.query(sql, [...parameters]) as unknown as Promise<PostgresQueryResult<R>>
    return this.#limited(answer, this.#limitOf(sql))
  }

  /** The answer, unless it takes too long: then the connection is closed. */
  async #limited<Answer>(answer: Promise<Answer>, limitMs: number): Promise<Answer> {
    if (limitMs === 0) return answer
    try {
      return await withinTime(answer, limitMs)
    } catch (error) {
      if (error instanceof TimeLimitError) {
        answer.catch(ignore)
        this.release(true)
      }
      throw error
    }
  }

  release(destroy = false): void {
    if (this.#released) return
    this.#released = true
    this.#client.release(destroy)
  }

  #limitOf(sql: string): number {
    return BEGIN.test(sql) ? patienceOf(this.#settings, 'beginMs') : answerLimitMs(this.#settings)
  }
}

/** How long an answer is waited for; 0 is no limit. */
function answerLimitMs({ statementMs }: PoolSettings): number {
  return statementMs === 0 ? 0 : statementMs + ANSWER_GRACE_MS
}

function patienceOf(settings: PoolSettings, wait: 'acquireMs' | 'beginMs'): number {
  return settings.callersWait() ? settings[wait] : Math.max(settings[wait], settings.connectMs)
}

/**
 * Session settings go by statement, not by connection parameters, because poolers refuse those they do not know. A session that sits in
 * a transaction holds locks that others wait for: when this process is stopped in the middle, the server gives up on it.
 */
async function prepareSession(client: ClientBase, settings: PoolSettings): Promise<void> {
  await client.query(`
    set timezone = 'UTC'; set datestyle = 'ISO'; set default_transaction_isolation = 'read committed';
    set statement_timeout = ${Number(settings.statementMs)};
    set lock_timeout = ${Number(settings.lockMs)};
    set idle_in_transaction_session_timeout = ${Number(settings.statementMs)}`)
}

/** Numbers that JavaScript's would round stay text. Set for these connections alone: the parsers of `pg` are global. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === INT8 || oid === NUMERIC || oid === TIMESTAMPTZ) return String
  return types.getTypeParser(oid, format as 'text')
}

function giveBack(client: PoolClient): void {
  client.release()
}

function ignore(): void {}
