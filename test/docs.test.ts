import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONTEXT_FIELDS } from '../src/access/context-fields.ts'
import { UNWATCHED } from '../src/admission/load-watch.ts'
import { runCommand } from '../src/cli/command-line.contract.ts'
import { ERRORS } from '../src/errors/codes.ts'
import { createGateway } from '../src/gateway/create-gateway.ts'
import { OPERATIONS } from '../src/server/admin/openapi-paths.ts'
import { knownNames } from '../src/tracing/metrics/known-names.ts'
import { createMetrics } from '../src/tracing/metrics/metrics.ts'

/*
 * The reference pages say what the code does: nothing that a user can meet is missing, and nothing is described that is not there.
 */

const ROOT = resolve(import.meta.dirname, '..')
const page = (name: string) => readFileSync(join(ROOT, 'docs/reference', name), 'utf8')

/** A page's sections by their heading of a level; each reaches to the next heading of this level or a higher one. */
function sections(text: string, level: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let heading: string | null = null
  for (const line of text.split('\n')) {
    const [, marks = '', title = ''] = /^(#{1,6}) (.*)$/.exec(line) ?? []
    if (marks !== '' && marks.length <= level) heading = marks.length === level ? title : null
    if (heading !== null) found.set(heading, `${found.get(heading) ?? ''}${line}\n`)
  }
  return found
}

function sources(folder = join(ROOT, 'src')): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'testing' ? [] : sources(path)
    return /(?<!\.test|\.contract)\.ts$/.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

describe('docs/reference/errors.md', () => {
  const found = sections(page('errors.md'), 2)

  it('has a heading for every error and no other, in the order of the table', () => {
    expect([...found.keys()]).toEqual(Object.keys(ERRORS))
  })

  it.each(Object.entries(ERRORS))('says the status of %s, and whether to retry', (code, { status, retry }) => {
    const line = found.get(code)?.split('\n')[2] ?? ''
    expect(line).toContain(`HTTP ${status}, `)
    if (code !== 'client_closed') expect(/, do not retry\. /.test(line)).toBe(!retry)
    if (retry) expect(line).toContain(', retry. ')
  })
})

describe('docs/reference/library.md', () => {
  it('has a heading for everything that a gateway can do and no other', async () => {
    const simulated = { providers: { simulated: {} }, storage: { url: 'memory:' } }
    const gateway = await createGateway({ config: simulated })
    await gateway.close()
    const members = Object.keys(gateway).map((name) => `gateway.${name}`)
    expect([...sections(page('library.md'), 2).keys()].toSorted()).toEqual(members.toSorted())
  })
})

describe('docs/reference/http-api.md', () => {
  const text = page('http-api.md')

  it('has a heading for every path and no other', () => {
    const paths = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    expect([...sections(text, 3).keys()].toSorted()).toEqual(paths.toSorted())
  })

  it('names every header that a call may carry', () => {
    const requests = sections(text, 2).get('Headers of a request') ?? ''
    for (const { header } of CONTEXT_FIELDS) expect(requests).toContain(`\`${header}\``)
  })

  it('names every header that a reply may carry', () => {
    const replies = sections(text, 2).get('Headers of a reply') ?? ''
    const requests = sections(text, 2).get('Headers of a request') ?? ''
    const written = new Set(
      sources().flatMap((source) => source.match(/\bx-(?:headgate|should|ratelimit)-[a-z-]+[a-z]\b/g) ?? []),
    )
    for (const header of written) expect(replies + requests).toContain(`\`${header}\``)
    for (const header of ['traceparent', 'retry-after', 'cache-control', 'link'])
      expect(replies).toContain(`\`${header}\``)
  })
})

describe('docs/reference/metrics.md', () => {
  const found = sections(page('metrics.md'), 2)
  const { registry } = createMetrics({
    names: () => knownNames([], [], []),
    runningCalls: () => 0,
    jobs: () => ({ queued: 0, running: 0 }),
    load: () => UNWATCHED,
    breakers: () => [],
  })
  const metrics = registry.getMetricsAsArray() as unknown as { name: string; type: string; labelNames: string[] }[]

  it('has a heading for every metric and no other', () => {
    expect([...found.keys()].toSorted()).toEqual(metrics.map(({ name }) => name).toSorted())
  })

  it.each(metrics)('says the labels of $name', ({ name, type, labelNames }) => {
    const [, said = ''] = /^`\{([a-z,_]+)\}`/m.exec(found.get(name) ?? '') ?? []
    expect(said).toBe(labelNames.join(','))
    if (type === 'histogram') expect(found.get(name)).toContain('Histogram')
  })
})

describe('docs/reference/cli.md', () => {
  const text = page('cli.md')
  const documented = sections(text, 2)

  /** Commands without subcommands by their full name, with their help. */
  async function commands(prefix: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
    const { out } = await runCommand([...prefix, '--help'])
    const [, list] = out.split('\nCommands:\n')
    if (list === undefined) return new Map([[['headgate', ...prefix].join(' '), out]])
    const names = [...list.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name = '']) => name).filter((name) => name !== 'help')
    const inner = await Promise.all(names.map((name) => commands([...prefix, name])))
    return new Map(inner.flatMap((found) => [...found]))
  }

  it('has a heading for every command and no other', async () => {
    expect([...documented.keys()].toSorted()).toEqual([...(await commands()).keys()].toSorted())
  })

  it('names every flag of every command and no other', async () => {
    for (const [name, help] of await commands()) {
      const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag)
      const table =
        documented
          .get(name)
          ?.split('\n')
          .filter((line) => /^\||as above/.test(line))
          .join('\n') ?? ''
      const described = new Set([...table.matchAll(/`(--[a-z-]+)`/g)].map(([, flag = '']) => flag))
      expect([name, [...described].toSorted()]).toEqual([name, flags.filter((flag) => flag !== '--help').toSorted()])
    }
  })
})
