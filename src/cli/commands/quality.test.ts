import { afterEach, expect, it } from 'vitest'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
afterEach(() => under.stop())

const quality = (...args: readonly string[]) =>
  runCommand(['quality', ...args], { env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })

async function start(): Promise<void> {
  under = await startTestService({
    tasks: { answer: { default: 'fast', quality_bar: { at_least: 0.6 }, promote: {} }, plain: { default: 'fast' } },
  })
  const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
  for (let call = 0; call < 8; call += 1) await under.call({ key, model: 'answer' })
  await under.call({ key, model: 'plain' })
}

it('is a table for each task, with what it says of its bar', async () => {
  await start()
  const { exitCode, out, err } = await quality()
  expect([exitCode, err]).toEqual([0, ''])
  expect(out.trimEnd().split('\n')).toEqual([
    'answer: The cheapest model that meets the bar (valid ≥ 0.6) is wall/m, with 95 % confidence.',
    'promotion: No model is tried (canary, shadow).',
    expect.stringMatching(/^model +answers +valid +ratings +score +USD an answer +p95 ms +against the bar$/),
    expect.stringMatching(/^\* wall\/m +8 +1\.000 \(0\.\d{3} to 1\.000\) +0 +– +0\.100000 +\d+ +meets$/),
    '',
    'plain: No bar is set for this task: tasks.*.quality_bar in the config.',
    expect.stringMatching(/^model/),
    expect.stringMatching(/^wall\/m +1 /),
  ])
})

it('is JSON and CSV for programs, of one task and one time', async () => {
  await start()
  const { data } = JSON.parse((await quality('--task', 'answer', '--json')).out)
  expect(data).toMatchObject([
    {
      task: 'answer',
      model: 'wall/m',
      verdict: 'meets',
      is_cheapest: true,
      promotion: expect.any(String),
      trial_n: null,
    },
  ])
  expect((await quality('--task', 'answer', '--csv')).out).toMatch(/^task,model,attempts,[^\n]+\nanswer,wall\/m,8,/)
  expect(await quality('--until', '1h')).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^No task was served/),
  })
})

it('shows what came of comparisons where there were some', async () => {
  const shadow = { use: 'wall/n', share: 1, judge: 'fast', daily_usd_limit: 100 } as const
  under = await startTestService({ tasks: { answer: { default: 'fast', shadow } }, unknown_price: 'ceiling' })
  const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
  for (let call = 0; call < 2; call += 1) await under.call({ key, model: 'answer' }).then((reply) => reply.text())
  await new Promise((resolve) => setTimeout(resolve, 20))
  await under.service.house.engine().shadows.idle()
  const { out } = await quality()
  expect(out.split('\n').slice(1, 4)).toEqual([
    expect.stringMatching(/^model +answers +valid +copies as good +ratings +score /),
    expect.stringMatching(/^wall\/[mn] +2 +1\.000 \(\S+ to 1\.000\) /),
    expect.stringMatching(/^wall\/[mn] +2 +1\.000 \(\S+ to 1\.000\) /),
  ])
  expect(out).toMatch(/^wall\/n +2 +1\.000 \(\S+ to 1\.000\) +1\.000 \(\S+ to 1\.000\) +0 /m)
})

it('knows the tasks that there are', async () => {
  await start()
  const { exitCode, err } = await quality('--task', 'anwser')
  expect(exitCode).toBe(1)
  expect(err).toContain('No task of the configuration is called "anwser".')
})
