import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService({ auth: { mode: 'none' } })
})
afterAll(() => under.stop())

const jobs = (...args: readonly string[]) =>
  runCommand(['jobs', ...args], { env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })
const send = async () => String((await json(under.call({ headers: { 'x-headgate-mode': 'background' } }))).id)

describe('headgate jobs', () => {
  it('says that there are none, and how to make some', async () => {
    expect((await jobs('list')).out).toContain('x-headgate-mode: background')
  })

  it('lists jobs with what they cost, by status and tenant, and shows one', async () => {
    const id = await send()
    await expect.poll(async () => (await jobs('show', id)).out).toMatch(/^status +completed$/m)
    expect((await jobs('list')).out).toMatch(
      new RegExp(`^${id} +completed +default +chat +wall/m +0\\.100000 +1 +20`, 'm'),
    )
    expect(JSON.parse((await jobs('list', '--json', '--status', 'completed')).out).data).toMatchObject([{ id }])
    expect(JSON.parse((await jobs('list', '--json', '--tenant', 'other')).out).data).toEqual([])
    expect(JSON.parse((await jobs('show', id, '--json')).out)).toMatchObject({ id, status: 'completed' })
  })

  it('cancels', async () => {
    under.wall.plan({ tokens: 5, firstByteDelayMs: 30_000 })
    const id = await send()
    const { out, exitCode } = await jobs('cancel', id)
    expect([exitCode, out]).toEqual([0, `${id} is cancelled.\n`])
    under.wall.plan(null)
  })

  it.each([
    [['list', '--status', 'done'], 2, 'queued, running'],
    [['list', '--limit', '0'], 2, 'from 1 to 1000'],
    [['show'], 2, 'id'],
    [['show', 'job_none'], 1, 'There is no job job_none'],
    [['cancel', 'job_none'], 1, 'There is no job job_none'],
  ])('says what is wrong: %j', async (args, exitCode, hint) => {
    const result = await jobs(...args)
    expect([result.exitCode, result.err]).toEqual([exitCode, expect.stringContaining(hint)])
  })
})
