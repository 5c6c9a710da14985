import { CompiledQuery, type Transaction } from 'kysely'

/** A statement whose text never changes, and its parameters, `$1` first. It gives no rows, or none that matter. */
export interface Statement {
  readonly text: string
  readonly values: readonly string[]
}

/** Runs a statement as one of the steps of a transaction. */
export async function run(queries: Transaction<unknown>, { text, values }: Statement): Promise<void> {
  await queries.executeQuery(CompiledQuery.raw(text, [...values]))
}
