import { describe, expect, it } from 'vitest'
import { QueuedBody } from './upstream-body.ts'

function flowing() {
  const seen: string[] = []
  const note = (what: string) => () => {
    seen.push(what)
  }
  return { seen, body: new QueuedBody({ pause: note('pause'), resume: note('resume'), abort: note('abort') }) }
}

const HIGH_WATER_BYTES = 256 * 1024

describe('a queued body', () => {
  it('gives what was pushed, in order, joined when several pieces waited, and null at the end', async () => {
    const { body } = flowing()
    body.push(Buffer.from('one '))
    body.push(Buffer.from('two '))
    expect((await body.read())?.toString()).toBe('one two ')
    const waiting = body.read()
    body.push(Buffer.from('three'))
    expect((await waiting)?.toString()).toBe('three')
    const end = body.read()
    body.end()
    expect(await end).toBeNull()
    expect(await body.read()).toBeNull()
  })

  it('gives all that was not read at once when it has ended well, and not before', () => {
    const { body, seen } = flowing()
    body.push(Buffer.alloc(HIGH_WATER_BYTES + 1))
    expect(body.whole()).toBeNull()
    body.push(Buffer.from('end'))
    body.end()
    expect(body.whole()?.length).toBe(HIGH_WATER_BYTES + 4)
    expect(seen).toEqual(['pause', 'resume'])
    expect(body.whole()?.length).toBe(0)
    const broken = flowing().body
    broken.push(Buffer.from('half'))
    broken.fail(new Error('reset'))
    expect(broken.whole()).toBeNull()
  })

  it('pauses the socket when nobody reads, once, and lets it flow again with the next read', async () => {
    const { body, seen } = flowing()
    body.push(Buffer.alloc(HIGH_WATER_BYTES))
    expect(seen).toEqual([])
    body.push(Buffer.alloc(1))
    body.push(Buffer.alloc(1))
    expect(seen).toEqual(['pause'])
    expect((await body.read())?.length).toBe(HIGH_WATER_BYTES + 2)
    expect(seen).toEqual(['pause', 'resume'])
  })

  it('never pauses for a reader that waits', async () => {
    const { body, seen } = flowing()
    for (let count = 0; count < 3; count += 1) {
      const reading = body.read()
      body.push(Buffer.alloc(HIGH_WATER_BYTES + 1))
      await reading
    }
    expect(seen).toEqual([])
  })

  it('gives everything that arrived before a failure, and then fails for good', async () => {
    const { body } = flowing()
    body.push(Buffer.from('so far'))
    body.fail(new Error('broken'))
    body.fail(new Error('broken again'))
    expect((await body.read())?.toString()).toBe('so far')
    await expect(body.read()).rejects.toThrow('broken')
    await expect(body.read()).rejects.toThrow(/^broken$/)
  })

  it('wakes a waiting reader when it fails', async () => {
    const { body } = flowing()
    const waiting = body.read()
    body.fail(new Error('broken'))
    await expect(waiting).rejects.toThrow('broken')
  })

  it('is whole once it ended, whatever happens to the connection later', async () => {
    const { body } = flowing()
    body.push(Buffer.from('all'))
    body.end()
    body.fail(new Error('reset'))
    expect((await body.read())?.toString()).toBe('all')
    expect(await body.read()).toBeNull()
  })
})
