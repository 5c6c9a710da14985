import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { Client, type ClientBase, Pool, type PoolClient, types } from 'pg'
import { GatewayError } from '../../errors/gateway-error.ts'
import { systemClock } from '../../lib/clock.ts'
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
  /** Whether callers wait; until then `acquireMs` and `beginMs` are no shorter than `connectMs`. */
  readonly callersWait: () => boolean
  readonly log: StorageLog
}

const ANSWER_GRACE_MS = 1_000
const FAREWELL_MS = 2_000
const BEGIN = /^(begin|start transaction)/
const SIGN_OF_LIFE = 'select'
/** Who answered so long ago is asked for a sign of life. */
const QUIET_MS = 1_000
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
  readonly #answeredAt = new WeakMap<ClientBase, number>()
  #ended: Promise<void> | null = null
  /** Whether statements are prepared under names. */
  #names = true

  constructor(settings: PoolSettings) {
    this.#settings = settings
    this.#pool = new Pool({
      connectionString: settings.url,
      max: settings.connections,
      connectionTimeoutMillis: settings.connectMs,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      application_name: 'headgate',
      types: { getTypeParser },
      onConnect: (client: ClientBase) => prepareSession(client, settings),
    })
    this.options = this.#pool.options
    // Without a listener the loss of a connection would end the process. The pool listens to idle ones; when one at work is lost, its
    // query fails and says so.
    this.#pool.on('error', (error) => settings.log.warn({ err: error }, 'lost an idle database connection'))
    this.#pool.on('connect', (client) => {
      client.on('error', ignore)
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
    const connection = await this.#acquire()
    const client = new LimitedClient(connection, this.#settings)
    try {
      const quietMs = systemClock.monotonic() - (this.#answeredAt.get(connection) ?? Number.NEGATIVE_INFINITY)
      if (quietMs > QUIET_MS) await client.query(SIGN_OF_LIFE, [])
      await this.#batch(client, statements)
      this.#answeredAt.set(connection, systemClock.monotonic())
    } finally {
      client.release()
    }
  }

  /** A pooler between us and the server may give each transaction another server process, which was never told the names. Then we do without. */
  async #batch(client: LimitedClient, statements: readonly Statement[]): Promise<void> {
    try {
      await client.together(statements, this.#names)
    } catch (error) {
      if (!lostNames(error)) throw error
      if (this.#names) this.#settings.log.warn({}, NO_NAMES)
      this.#names = false
      await client.together(statements, false)
    }
  }

  async #acquire(): Promise<PoolClient> {
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
    const farewells = [...this.#farewells.values()].map((farewell) => farewell.promise)
    await this.#pool.end()
    await withinTime(Promise.all(farewells), FAREWELL_MS).catch(ignore)
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

  /** Statements in one trip; see StatementBatch. */
  together(statements: readonly Statement[], named: boolean): Promise<void> {
    const { done } = this.#client.query(new StatementBatch(statements, named))
    return this.#limited(done, this.#limitOf(''))
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
    if (BEGIN.test(sql) || sql === SIGN_OF_LIFE) return patienceOf(this.#settings, 'beginMs')
    return this.#settings.statementMs === 0 ? 0 : this.#settings.statementMs + ANSWER_GRACE_MS
  }
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
