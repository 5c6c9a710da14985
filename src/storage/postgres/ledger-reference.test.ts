import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { instanceOf, settlementOf, windowOf } from '../contracts/samples.contract.ts'
import { queryOnce, startTestServer, type TestServer } from './test-server.contract.ts'

/* The reference page is part of the product: it names every table and column there is, and its queries run. */

let server: TestServer
let page: string
beforeAll(async () => {
  server = await startTestServer()
  page = await readFile(new URL('../../../docs/reference/ledger.md', import.meta.url), 'utf8')
})
afterAll(() => server.close())

it('describes every table and column with its type, and none that does not exist', async () => {
  const { url, close } = await server.openStorage()
  const rows = await queryOnce(
    url,
    `select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and c.relname not like 'headgate_migrations%'`,
  )
  const inDatabase = rows.map((row) => `${row.table}.${row.column} ${row.type}`)
  expect(described(page).toSorted()).toEqual(
    inDatabase.map((line) => line.replace('timestamp with time zone', 'timestamptz')).toSorted(),
  )
  await close()
})

it('has queries that run as they are written', async () => {
  const { storage, url, close } = await server.openStorage()
  const instance = await instanceOf(storage)
  const window = windowOf(100n)
  await storage.ledger.growSlices(instance, [{ window, atLeast: 10n, wanted: 10n }])
  await storage.ledger.settle(instance, [settlementOf(4n, [window]), settlementOf(2n, [], { status: 'failed' })])
  const queries = [...page.matchAll(/```sql\n(.*?)```/gs)].map((match) => match[1] ?? '')
  expect(queries).toHaveLength(4)
  for (const query of queries) expect(await queryOnce(url, query)).toHaveLength(1)
  const [spend] = await queryOnce(url, queries[0] ?? '')
  expect(spend).toMatchObject({ tenant_id: 'acme', feature: 'chat', calls: '2', cost_usd: '0.000000006' })
  const [books] = await queryOnce(url, queries[3] ?? '')
  expect(books).toMatchObject({ difference: '0.000000000' })
  await close()
})

/** `table.column type` for each line of the page's tables. */
function described(markdown: string): readonly string[] {
  let table = ''
  const lines: string[] = []
  for (const line of markdown.split('\n')) {
    const heading = /^## (\w+)$/.exec(line)
    if (heading) table = heading[1] ?? ''
    const column = /^\| `(\w+)` \| ([^|]+?) \| \S/.exec(line)
    if (column) lines.push(`${table}.${column[1]} ${column[2]}`)
  }
  return lines
}
