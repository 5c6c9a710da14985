import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/*
 * The shape of the house, proved. Imports flow down through six layers, a capability knows no sibling, files stay short,
 * and the few things that are dangerous everywhere else have one place each.
 */

const ROOT = resolve(import.meta.dirname, '..')
const SOURCE = join(ROOT, 'src')

const LAYERS: Readonly<Record<string, number>> = {
  lib: 0,
  canonical: 1,
  errors: 1,
  config: 1,
  dialects: 2,
  storage: 2,
  providers: 3,
  access: 3,
  policy: 3,
  admission: 3,
  money: 3,
  guards: 3,
  idempotency: 3,
  caches: 3,
  execution: 3,
  tracing: 3,
  jobs: 3,
  alerts: 3,
  reports: 3,
  gateway: 4,
  server: 5,
  cli: 5,
  testing: 5,
  'index.ts': 5,
}

/** What capabilities may take from one another: types everybody speaks in. */
const SHARED_TYPES = ['money/reservation.ts', 'providers/deployment.ts', 'providers/provider.ts', 'access/context.ts']

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly code: string
  readonly room: string
  readonly layer: number
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[]
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : entry.name.endsWith('.ts') ? [join(folder, entry.name)] : [],
  )
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8')
  const short = relative(SOURCE, path)
  const room = short.split('/')[0] ?? ''
  const imports = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'(\.[^']+)'/gm)].map((match) => ({
    target: relative(SOURCE, resolve(dirname(path), match[2] ?? '')),
    typeOnly: match[1] !== undefined,
  }))
  for (const match of text.matchAll(/import\('(\.[^']+)'\)/g)) {
    imports.push({ target: relative(SOURCE, resolve(dirname(path), match[1] ?? '')), typeOnly: false })
  }
  return { path: short, text, code: withoutComments(text), room, layer: LAYERS[room] ?? -1, imports }
}

const all = walk(SOURCE).map(read)
const files = all.filter((file) => !/\.(test|test-d|contract)\.ts$/.test(file.path))

function cycles(): string[] {
  const graph = new Map(files.map((file) => [file.path, file.imports.map(({ target }) => target)]))
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      return
    }
    state.set(path, 'open')
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    state.set(path, 'done')
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

function upward(): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter(({ target }) => (LAYERS[target.split('/')[0] ?? ''] ?? 99) > file.layer)
      .map(({ target }) => `${file.path} -> ${target}`),
  )
}

function siblings(): string[] {
  return files
    .filter((file) => file.layer === 3)
    .flatMap((file) =>
      file.imports
        .filter(({ target }) => {
          const room = target.split('/')[0] ?? ''
          if (LAYERS[room] !== 3 || room === file.room || SHARED_TYPES.includes(target)) return false
          return !(file.room === 'execution' && room === 'providers')
        })
        .map(({ target }) => `${file.path} -> ${target}`),
    )
}

function undocumented(): string[] {
  const exported = /^export (?:abstract )?(?:async )?(?:function\*?|class|interface|type|const) (\w+)/
  return files.flatMap((file) => {
    const lines = file.text.split('\n')
    return lines.flatMap((line, index) => {
      const name = exported.exec(line)?.[1]
      if (!name) return []
      let above = index - 1
      while (above >= 0 && /^(@|\/\/ biome-ignore)/.test(lines[above] ?? '')) above -= 1
      const documented = (lines[above] ?? '').trimEnd().endsWith('*/')
      const overload = lines.slice(0, index).some((earlier) => exported.exec(earlier)?.[1] === name)
      return documented || overload ? [] : [`${file.path}:${index + 1} ${name}`]
    })
  })
}

/** Files whose code matches, except where the thing belongs. */
function offenders(pattern: RegExp, home: (path: string) => boolean): string[] {
  return files.filter((file) => !home(file.path) && pattern.test(file.code)).map((file) => file.path)
}

const nobody = () => false
const lines = files.map((file) => file.text.split('\n').length).sort((left, right) => left - right)
const median = lines[Math.floor(lines.length / 2)] ?? 0

/** Each rule: what it counts, how much is allowed, and what was found. */
const RULES: readonly { readonly rule: string; readonly most: number; readonly found: number | string[] }[] = [
  { rule: 'files in no known layer', most: 0, found: files.filter((file) => file.layer < 0).map(({ path }) => path) },
  { rule: 'cycles', most: 0, found: cycles() },
  { rule: 'upward imports', most: 0, found: upward() },
  { rule: 'sibling imports between capabilities', most: 0, found: siblings() },
  { rule: 'median lines a file', most: 120, found: median },
  {
    rule: 'files over 400 lines',
    most: 0,
    found: all.filter((file) => file.text.split('\n').length > 400).map(({ path }) => path),
  },
  {
    rule: 'any',
    most: 0,
    found: all.filter((file) => /(:\s*|<|as )any\b|any\[\]/.test(file.code)).map(({ path }) => path),
  },
  { rule: 'exports without docstring', most: 0, found: undocumented() },
  {
    rule: 'process.env outside config',
    most: 0,
    found: offenders(/process\.env/, (path) => path.startsWith('config/')),
  },
  {
    rule: 'network calls outside the transport',
    most: 0,
    found: offenders(
      /from 'undici'|from 'node:(https?|tls|dgram|http2)'|\b(connect|createConnection|Socket|Server)\b[^}]*\} from 'node:net'|(?<![.\w])fetch\(/,
      (path) =>
        path === 'execution/http-transport.ts' ||
        // Connects for `doctor --online` and sends nothing.
        path === 'execution/probe-address.ts' ||
        // A free port is found here; nothing is sent.
        path.startsWith('storage/postgres/embedded/') ||
        // These listen, they do not call; the CLI calls only the gateway the operator names.
        path.startsWith('server/') ||
        path.startsWith('testing/') ||
        path === 'cli/admin-client.ts',
    ),
  },
  {
    // These call their cloud's token endpoints themselves, and are loaded only when a provider needs them.
    rule: "clouds' own libraries outside the authenticators",
    most: 0,
    found: offenders(/'(@azure\/identity|@aws-sdk\/[\w-]+|@smithy\/signature-v4|google-auth-library)'/, (path) =>
      path.startsWith('providers/'),
    ),
  },
  {
    rule: 'code evaluated from text',
    most: 0,
    found: offenders(/\beval\(|new Function\(|from 'node:vm'/, nobody),
  },
  {
    rule: 'processes spawned outside the embedded server',
    most: 0,
    found: offenders(/from 'node:child_process'/, (path) => path.startsWith('storage/postgres/embedded/')),
  },
  {
    rule: 'folders or files named after nothing',
    most: 0,
    found: files.filter(({ path }) => /(utils?|helpers?|common|manager|misc)[/.-]/.test(path)).map(({ path }) => path),
  },
  { rule: 'default exports', most: 0, found: offenders(/^export default/m, nobody) },
  {
    rule: 'barrels',
    most: 0,
    found: files
      .filter(({ path }) => !['index.ts', 'testing/index.ts'].includes(path))
      .filter(({ code }) => /^export \*/m.test(code))
      .map(({ path }) => path),
  },
]

describe('the house', () => {
  const count = (found: number | string[]) => (typeof found === 'number' ? found : found.length)
  const table = RULES.map(
    ({ rule, most, found }) => `  ${rule.padEnd(48)} ${String(count(found)).padStart(4)}  (≤ ${most})`,
  )
  console.log(
    [`architecture: ${files.length} files, ${lines.reduce((sum, n) => sum + n, 0)} lines`, ...table].join('\n'),
  )

  it.each(RULES)('keeps its rule: $rule ≤ $most', ({ most, found }) => {
    if (typeof found === 'number') expect(found).toBeLessThanOrEqual(most)
    else expect(found.slice(0, 40)).toEqual([])
  })
})
