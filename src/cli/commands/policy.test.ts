import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policy-'))
})
afterAll(() => under.stop())

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text)
  return name
}

const policy = (...args: readonly string[]) =>
  runCommand(['policy', ...args], { directory, env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })
const newest = () => under.service.house.storage.policies.newest()

describe('headgate policy, where the policy lives in the ledger', () => {
  beforeAll(async () => {
    under = await startTestService({ policy: { source: 'ledger' }, tasks: { answer: { default: 'fast' } } })
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    for (const model of ['fast', 'answer']) await under.call({ key, model })
  })

  it('shows the policy in force as a text that can be published again', async () => {
    const { exitCode, out } = await policy('show')
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^# version 1, from the configuration file at /)
    expect(out).toContain('models:\n  fast:\n    - wall/m\n')
    expect((await policy('publish', await file('same.yaml', out))).out).toBe(
      'Nothing to publish: it is the policy in force.\n',
    )
    expect(await newest()).toBe(1)
  })

  it('shows what a policy changes, and publishes it', async () => {
    const next = await file('next.yaml', 'models: { fast: [wall/other], slow: [wall/m] }')
    const looked = await policy('publish', next, '--dry-run')
    expect([looked.exitCode, await newest()]).toEqual([0, 1])
    expect(looked.out).toContain('Not published (--dry-run): 2 changes.')
    const { exitCode, out } = await policy('publish', next, '--reason', 'better answers')
    expect([exitCode, out]).toEqual([
      0,
      'models.fast[0]\n  - "wall/m"\n  + "wall/other"\nmodels.slow\n  + ["wall/m"]\n\nPublished version 2: 2 changes.\n',
    ])
    expect((await policy('versions')).out).toMatch(/^ +2 {2}in force .*better answers\n +1 {2} /m)
  })

  it('lists versions and tells what differs between two, for programs too', async () => {
    const listed = JSON.parse((await policy('versions', '--json')).out)
    expect(listed).toMatchObject({ in_force: 2, data: [{ number: 2, reason: 'better answers' }, { number: 1 }] })
    expect((await policy('diff', '1', '2')).out).toContain('2 changes from version 1 to version 2:')
    expect(JSON.parse((await policy('diff', '1', '--json')).out)).toMatchObject({
      from: 1,
      to: 2,
      changes: [{ path: 'models.fast[0]', before: 'wall/m', after: 'wall/other' }, { path: 'models.slow' }],
    })
    expect((await policy('diff', '2')).out).toBe('Versions 2 and 2 do not differ.\n')
    expect(JSON.parse((await policy('show', '1', '--json')).out)).toMatchObject({ number: 1, hash: expect.any(String) })
  })

  it('tries a policy first, and does not publish one that breaks a limit', async () => {
    const cheap = await file('cheap.yaml', 'models: { fast: [wall/m] }')
    const tried = JSON.parse((await policy('publish', cheap, '--simulate', '1d', '--json')).out)
    expect(tried).toMatchObject({ published: { number: 3 }, simulation: { requests: 2, changed_requests: 2 } })
    const unpriced = await file('unpriced.yaml', 'models: { fast: [wall/other] }')
    const refused = await policy('publish', unpriced, '--simulate', '1d', '--fail-on', 'refusals')
    expect(refused).toMatchObject({ exitCode: 1, err: 'headgate: refused requests: 2, and 0 before\n' })
    expect(refused.out).toContain('2 requests decided again; 2 change.')
    expect(refused.out).toMatch(/Not published: a limit is not kept\.\n$/)
    expect(await newest()).toBe(3)
  })

  it('supposes in a trial what requests do not say', async () => {
    const asks = 'tasks: { answer: { default: fast, when: [{ if: { complexity: simple }, use: wall/other }] } }'
    const trial = ['publish', await file('asks.yaml', asks), '--dry-run', '--simulate', '1d', '--json'] as const
    expect(JSON.parse((await policy(...trial)).out)).toMatchObject({
      simulation: { changed_requests: 0, assumed: { complexity: { requests: 1, counted_as: 'unchanged' } } },
    })
    expect(JSON.parse((await policy(...trial, '--suppose', 'complexity=simple')).out)).toMatchObject({
      simulation: { changed_requests: 1, assumed: { complexity: { counted_as: 'simple (0)' } } },
    })
    expect(await policy('publish', 'asks.yaml', '--suppose', 'complexity=simple')).toMatchObject({ exitCode: 2 })
  })

  it('goes back, by default to the one before the newest', async () => {
    const { exitCode, out } = await policy('rollback', '--reason', 'too dear')
    expect([exitCode, out]).toEqual([
      0,
      expect.stringMatching(/\+ "wall\/other"[\s\S]*Published version 4: 2 changes\.\n$/),
    ])
    expect(JSON.parse((await policy('rollback', '1', '--dry-run', '--json')).out)).toMatchObject({ published: null })
    expect(await policy('rollback', '9')).toMatchObject({
      exitCode: 1,
      err: 'headgate: there is no version 9 before the newest, which is 4\n',
    })
  })

  it('says what is wrong, and exits with 1 for the policy and 2 for the question', async () => {
    const wrong = await policy('publish', await file('wrong.yaml', 'tasks:\n  answer: { default: fasst }\n'))
    expect(wrong).toMatchObject({ exitCode: 1, err: expect.stringContaining('did you mean "fast"?') })
    const late = await policy('publish', await file('late.yaml', 'models: {}'), '--after', '1')
    expect(late).toMatchObject({ exitCode: 1, err: expect.stringContaining('is 4, not 1') })
    expect(await policy('show', '9')).toMatchObject({ exitCode: 1, err: expect.stringContaining('no version 9') })
    expect(await policy('publish', 'nowhere.yaml')).toMatchObject({ exitCode: 2 })
    expect(await policy('publish', 'late.yaml', '--fail-on', 'changes')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('need --simulate'),
    })
    expect(await policy('show', 'latest')).toMatchObject({ exitCode: 2 })
  })
})

describe('headgate policy, where the policy lives in a file', () => {
  it('shows what would change, and says where to change it', async () => {
    const other = await startTestService()
    try {
      const args = ['policy', 'publish', await file('file.yaml', 'models: { fast: [wall/other] }')]
      const env = { HEADGATE_URL: other.url, HEADGATE_ADMIN_KEY: other.adminKey }
      expect(await runCommand([...args, '--dry-run'], { directory, env })).toMatchObject({
        exitCode: 0,
        out: expect.stringContaining('Not published (--dry-run): 1 change.'),
      })
      expect(await runCommand(args, { directory, env })).toMatchObject({
        exitCode: 1,
        err: expect.stringContaining('lives in its configuration file'),
      })
    } finally {
      await other.stop()
    }
  })
})
