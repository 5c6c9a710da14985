import { beforeEach, expect, it } from 'vitest'
import type { BoardEntry, BoardPost, BreakerBoard } from './breaker-board.ts'

/*
 * What every board of breakers does. `acceptedBy` is the one rule it has; the model of many instances (test/breakers) takes it from here, so that what is proved
 * there is what the server does.
 */

/** Whether a post replaces what stands there. */
export function acceptedBy(standing: Pick<BoardEntry, 'id'> | null, { known }: Pick<BoardPost, 'known'>): boolean {
  return standing === null || known.includes(standing.id)
}

/** A board to test, whose time is set by hand. */
export interface BoardUnderTest {
  readonly board: BreakerBoard
  readonly time: { nowMs: number }
}

/** The suite. */
export function breakerBoardContract(open: () => Promise<BoardUnderTest>): void {
  let board: BreakerBoard
  let time: BoardUnderTest['time']
  beforeEach(async () => {
    ;({ board, time } = await open())
  })
  const entry = (id: string, change: Partial<BoardEntry> = {}): BoardEntry => ({
    id,
    phase: 'open',
    failures: 5,
    ejections: 1,
    agoMs: 0,
    forMs: 30_000,
    ...change,
  })
  const post = (id: string, known: readonly string[], change: Partial<BoardEntry> = {}, deployment = 'one/m') =>
    board.post({ deployment, entry: entry(id, change), known, keepMs: 3_600_000 })

  it('shows what was put there, with the time that passed since', async () => {
    expect(await post('a', [], { agoMs: 200 })).toEqual(entry('a', { agoMs: 200 }))
    time.nowMs += 1_000
    const { entries } = await board.look('', [])
    expect([...(entries ?? [])]).toEqual([['one/m', entry('a', { agoMs: 1_200, forMs: 29_000 })]])
  })

  it('takes a post from whoever knows what is there, and tells others what that is', async () => {
    await post('a', [])
    expect(await post('b', ['x', 'a'], { phase: 'half-open' })).toMatchObject({ id: 'b', phase: 'half-open' })
    expect(await post('c', ['a'], { phase: 'closed' })).toMatchObject({ id: 'b', phase: 'half-open' })
    expect(await post('c', [])).toMatchObject({ id: 'b' })
    expect(await post('b', ['b'], { phase: 'half-open', forMs: 60_000 })).toMatchObject({ id: 'b', forMs: 60_000 })
  })

  it('takes any post where nothing is, and keeps deployments apart, whatever their names', async () => {
    const names = ['one/m', 'ollama/llama3:8b', 'a/with space', 'x/{braces}', 'é/ü 100%']
    for (const name of names)
      expect(await post(`of-${name.length}`, ['gone'], {}, name)).toMatchObject({ phase: 'open' })
    const { entries } = await board.look('', [])
    expect([...(entries?.keys() ?? [])].toSorted()).toEqual(names.toSorted())
  })

  it('gives one of a hundred that ask at once the lease', async () => {
    await post('a', [])
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => post(`p${index}`, ['a'], { phase: 'half-open' })),
    )
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
  })

  it('says that nothing changed to who has seen it, and shows all of it to who has not', async () => {
    await post('a', [])
    const { version } = await board.look('', [])
    expect(await board.look(version, [])).toEqual({ version, entries: null, limited: null })
    await post('b', ['a'])
    const news = await board.look(version, [])
    expect(news.version).not.toBe(version)
    expect(news.entries?.get('one/m')?.id).toBe('b')
  })

  it('forgets what means nothing any more', async () => {
    await post('a', [])
    await board.look('', [['one/m', 7_000]])
    time.nowMs += 3_600_000
    expect(await board.look('', [])).toMatchObject({ entries: new Map(), limited: new Map() })
    expect(await post('b', ['unknown'])).toMatchObject({ id: 'b' })
  })

  it('keeps the longest that anybody said a deployment has no room', async () => {
    await board.look('', [
      ['one/m', 7_000],
      ['two/m', 1_000],
    ])
    time.nowMs += 1_000
    const { version, limited } = await board.look('', [['one/m', 3_000]])
    expect([...(limited ?? [])]).toEqual([['one/m', 6_000]])
    expect(await board.look(version, [['one/m', 9_000]])).toMatchObject({ limited: new Map([['one/m', 9_000]]) })
  })

  it('lets nothing last longer because its clock goes back', async () => {
    await post('a', [])
    time.nowMs -= 3_600_000
    expect((await board.look('', [])).entries?.get('one/m')).toMatchObject({ agoMs: 0, forMs: 30_000 })
  })
}
