import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../main.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-check-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

async function run(...args: readonly string[]) {
  let out = ''
  let err = ''
  const exitCode = await runCli(args, {
    env: {},
    directory,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  })
  return { exitCode, out, err }
}

const GOOD =
  'providers: { simulated: {} }\nmodels: { m: [simulated/a] }\ntasks: { rag: { default: m, requires_citations: true, delivery: stream } }\n'
const BAD = 'providers: { simulated: {} }\nmodels: { fast: [simulated/a] }\ntasks:\n  t: { default: fasst, gone: 1 }\n'

describe('headgate check', () => {
  test('a good config: what is in it, and what does less than it seems', async () => {
    writeFileSync(join(directory, 'headgate.yaml'), GOOD)
    const { exitCode, out, err } = await run('check')
    expect([exitCode, err]).toEqual([0, ''])
    expect(out).toContain('headgate.yaml is valid: 1 provider, 1 model, 1 task, 0 plans, 0 tenants, 0 budgets.')
    expect(out).toContain('requires_citations with delivery: stream (rag)')
  })

  test('a bad config: file, line, column, path and nearest name of every problem', async () => {
    writeFileSync(join(directory, 'mine.yaml'), BAD)
    const { exitCode, out } = await run('check', 'mine.yaml')
    expect(exitCode).toBe(1)
    expect(out.split('\n').slice(0, 3)).toEqual([
      'mine.yaml:4:17  tasks.t.default  no logical model is called "fasst"; did you mean "fast"?',
      expect.stringMatching(/^mine\.yaml:4:24 {2}tasks\.t\.gone {2}is not a key here; valid keys: default, fallback/),
      'mine.yaml is not valid: 2 problems.',
    ])
  })

  test('both as JSON', async () => {
    writeFileSync(join(directory, 'headgate.yaml'), GOOD)
    writeFileSync(join(directory, 'bad.yaml'), BAD)
    expect(JSON.parse((await run('check', '--json')).out)).toMatchObject({ valid: true, tasks: 1, problems: [] })
    const bad = await run('check', 'bad.yaml', '--json')
    expect(bad.exitCode).toBe(1)
    expect(JSON.parse(bad.out)).toMatchObject({
      valid: false,
      file: 'bad.yaml',
      problems: [{ file: 'bad.yaml', line: 4, column: 17, path: 'tasks.t.default', suggestion: 'fast' }, { line: 4 }],
    })
  })

  test.each([
    ['headgate.yml', GOOD],
    ['headgate.json', '{ "providers": { "simulated": {} } }'],
  ])('%s is found when no file is named', async (name, text) => {
    writeFileSync(join(directory, name), text)
    expect(await run('check')).toMatchObject({ exitCode: 0, out: expect.stringContaining(`${name} is valid`) })
  })

  test('no config at all, and one that is not there', async () => {
    expect(await run('check')).toMatchObject({ exitCode: 1, err: expect.stringContaining('headgate init') })
    expect(await run('check', 'none.yaml')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('none.yaml  cannot be read: there is no such file'),
    })
  })
})
