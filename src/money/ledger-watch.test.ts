import { expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { watchLedger } from './ledger-watch.ts'
import { handClock } from './money.contract.ts'

/** A watched store in memory that can be unplugged, and what its watcher was told. */
function setup() {
  const { ledger } = openMemoryStorage({ clock: handClock(0) })
  const told: string[] = []
  const plug: { error: Error | null } = { error: null }
  const answer = <Answer>(work: () => Promise<Answer>): Promise<Answer> =>
    plug.error ? Promise.reject(plug.error) : work()
  const watched = watchLedger(
    { ...ledger, now: () => answer(() => ledger.now()), settle: (id, list) => answer(() => ledger.settle(id, list)) },
    {
      doubt: () => told.push('doubt'),
      lost: () => told.push('lost'),
      found: () => told.push('found'),
      buried: (id) => told.push(`buried ${id}`),
    },
  )
  return { told, plug, watched }
}

const unavailable = new GatewayError('ledger_unavailable', 'down')

test('a store is down from the first answer that does not come until the next that does, and each is told once', async () => {
  const { told, plug, watched } = setup()
  await watched.store.now()
  expect([watched.down(), told]).toEqual([false, []])
  plug.error = unavailable
  await expect(watched.store.now()).rejects.toBe(unavailable)
  await expect(watched.store.now()).rejects.toBe(unavailable)
  expect([watched.down(), told]).toEqual([true, ['lost']])
  plug.error = null
  await watched.store.settle('me', [])
  expect([watched.down(), told]).toEqual([false, ['lost', 'found']])
})

test('a settlement that fails is a reason to ask, not to believe that the store is down', async () => {
  const { told, plug, watched } = setup()
  plug.error = unavailable
  await expect(watched.store.settle('me', [])).rejects.toBe(unavailable)
  expect([watched.down(), told]).toEqual([false, ['doubt']])
})

test('a store that says it has buried the asker answers, and the burial is told', async () => {
  const { told, watched } = setup()
  await expect(watched.store.pulse('me')).rejects.toMatchObject({ details: { buried: true } })
  expect([watched.down(), told]).toEqual([false, ['buried me']])
})

test('an error of another kind does not say that the store is down', async () => {
  const { told, plug, watched } = setup()
  plug.error = new GatewayError('internal', 'a mistake in the question')
  await expect(watched.store.now()).rejects.toBe(plug.error)
  expect([watched.down(), told]).toEqual([false, []])
})
