import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { Cli } from './cli.ts'
import { runCli } from './main.ts'
import { UserError } from './user-error.ts'

const directory = mkdtempSync(join(tmpdir(), 'headgate-cli-'))
afterAll(() => rmSync(directory, { recursive: true }))

function collector(env: Record<string, string> = {}) {
  const said = { out: '', err: '' }
  const context = {
    env,
    directory,
    stdout: { write: (text: string) => (said.out += text) },
    stderr: { write: (text: string) => (said.err += text) },
  }
  return { said, context }
}

async function run(...args: readonly string[]) {
  const { said, context } = collector()
  return { exitCode: await runCli(args, context), ...said }
}

const commandNames = async (): Promise<readonly string[]> => {
  const { out } = await run('--help')
  return [...out.matchAll(/^ {2}([a-z]+) /gm)].flatMap(([, name]) => name ?? []).filter((name) => name !== 'help')
}

describe('the command line', () => {
  test('help goes to stdout with 0, and lists the commands', async () => {
    expect(await run('--help')).toMatchObject({ exitCode: 0, err: '' })
    expect(await commandNames()).toEqual(expect.arrayContaining(['init', 'check']))
  })

  test('every command has help and a JSON form', async () => {
    for (const name of await commandNames()) {
      const { exitCode, out } = await run(name, '--help')
      expect([name, exitCode]).toEqual([name, 0])
      expect(out).toContain(`Usage: headgate ${name}`)
      if (!/^Commands:/m.test(out)) expect(out, name).toContain('--json')
    }
  })

  test('the version is the package’s', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(await run('--version')).toEqual({ exitCode: 0, out: `${version}\n`, err: '' })
  })

  test.each([
    [['chekc'], 'Did you mean check?'],
    [['check', '--jsn'], 'Did you mean --json?'],
    [['check', 'a', 'b'], 'too many arguments'],
    [[], 'Usage:'],
  ])('%j is wrong usage: 2, and what was meant', async (args, hint) => {
    const { exitCode, out, err } = await run(...args)
    expect([exitCode, out]).toEqual([2, ''])
    expect(err).toContain(hint)
  })
})

describe('what a command runs into', () => {
  async function failing(
    error: unknown,
    { json = false, env = {} }: { json?: boolean; env?: Record<string, string> } = {},
  ) {
    const { said, context } = collector(env)
    const cli = new Cli(context)
    const program = new Command().exitOverride()
    program.command('fail').action(() =>
      cli.run({ json }, async () => {
        throw error
      }),
    )
    await program.parseAsync(['fail'], { from: 'user' })
    return { exitCode: cli.exitCode, ...said }
  }

  test('a mistake of the user is its message alone', async () => {
    expect(await failing(new UserError('no such key'))).toEqual({
      exitCode: 1,
      out: '',
      err: 'headgate: no such key\n',
    })
    expect((await failing(new UserError('say which', 2))).exitCode).toBe(2)
  })

  test('a refusal of the gateway has its code as JSON', async () => {
    const { out, exitCode } = await failing(new GatewayError('permission_denied', 'Not with this key.'), { json: true })
    expect(exitCode).toBe(1)
    expect(JSON.parse(out)).toEqual({ error: { code: 'permission_denied', message: 'Not with this key.' } })
  })

  test('a fault of ours has no stack trace unless asked for', async () => {
    const fault = new TypeError('x is not a function')
    expect((await failing(fault)).err).toMatch(/^headgate: something went wrong .*x is not a function.*\n$/)
    expect((await failing(fault, { env: { HEADGATE_DEBUG: '1' } })).err).toContain('main.test.ts')
  })
})

describe('bin/headgate.js', () => {
  const launcher = fileURLToPath(new URL('../../bin/headgate.js', import.meta.url))
  const launch = (args: readonly string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [launcher, ...args], { cwd: directory }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
      })
    })

  test('runs the source of a clone, with its exit codes', async () => {
    expect(await launch(['check', '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Usage: headgate check'),
    })
    expect(await launch(['check', 'none.yaml', '--json'])).toMatchObject({ code: 1, err: '' })
    expect(await launch(['chekc'])).toMatchObject({ code: 2 })
  })
})
