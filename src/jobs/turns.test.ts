import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { type GiveBack, Turns } from './turns.ts'

const here = new AbortController().signal

/** Takes a place and notes when it got it. */
function taker(turns: Turns, begun: string[]) {
  const back = new Map<string, GiveBack>()
  const take = (tenant: string, name: string, signal = here): Promise<void> =>
    turns.take(tenant, signal).then((giveBack) => {
      begun.push(name)
      back.set(name, giveBack)
    })
  const end = async (name: string): Promise<void> => {
    back.get(name)?.()
    await new Promise(setImmediate)
  }
  return { take, end }
}

describe('turns', () => {
  it('go first to the tenant with the fewest running, and within a tenant in order', async () => {
    const begun: string[] = []
    const turns = new Turns(() => 2)
    const { take, end } = taker(turns, begun)
    for (const name of ['a1', 'a2', 'a3', 'a4']) void take('acme', name)
    void take('globex', 'b1')
    await end('')
    expect([begun, turns.free]).toEqual([['a1', 'a2'], 0])
    for (const name of ['a1', 'a2', 'b1', 'a3']) await end(name)
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4'])
  })

  it('come back once, and a job that is ended while it waits takes none', async () => {
    const begun: string[] = []
    const turns = new Turns(() => 1)
    const { take, end } = taker(turns, begun)
    await take('acme', 'a1')
    const leaving = new AbortController()
    const left = take('acme', 'a2', leaving.signal)
    const why = new GatewayError('kill_switch_on', 'off')
    leaving.abort(why)
    await expect(left).rejects.toBe(why)
    await expect(turns.take('acme', leaving.signal)).rejects.toBe(why)
    await end('a1')
    await end('a1')
    expect(turns.free).toBe(1)
  })

  it('follow a number that changes', async () => {
    const begun: string[] = []
    let places = 1
    const turns = new Turns(() => places)
    const { take, end } = taker(turns, begun)
    for (const name of ['a1', 'a2', 'a3']) void take('acme', name)
    await end('')
    places = 3
    await end('a1')
    expect(begun).toEqual(['a1', 'a2', 'a3'])
  })
})
