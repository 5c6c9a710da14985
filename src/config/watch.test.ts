import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfigText } from './load.ts'
import type { ConfigProblem } from './problem.ts'
import { configVersion } from './resolve.ts'
import type { Config } from './schema.ts'
import { ConfigWatcher, type WatchOptions } from './watch.ts'

const knownProviders = [{ type: 'simulated', simulated: true }]
const textFor = (port: number) => `providers: { simulated: {} }\nserver: { port: ${port} }\n`
const HOUR = 3_600_000

let directory: string
let file: string
let watcher: ConfigWatcher | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-watch-'))
  file = join(directory, 'headgate.yaml')
  writeFileSync(file, textFor(1))
})
afterEach(() => {
  watcher?.close()
  rmSync(directory, { recursive: true })
})

/** A watcher of the file, and what it has reported so far. By default only `check()` makes it look. */
function watching(changes: Partial<WatchOptions> = {}) {
  const accepted: number[] = []
  const rejected: (readonly ConfigProblem[])[] = []
  const started = new ConfigWatcher({
    file,
    version: configVersion(textFor(1)),
    load: (text, name) => loadConfigText(text, name, { env: {}, knownProviders }),
    onAccepted: (config: Config) => void accepted.push(config.server.port),
    onRejected: (problems) => void rejected.push(problems),
    clock: { now: () => Date.UTC(2026, 0, 2), monotonic: () => 0 },
    quietMs: HOUR,
    pollMs: HOUR,
    ...changes,
  })
  watcher = started
  return { watcher: started, accepted, rejected }
}

describe('a secret in a file of its own', () => {
  const secret = () => join(directory, 'port')
  const text = () => `providers: { simulated: {} }\nserver: { port: "\${file:${secret()}}" }\n`

  function watchingSecret() {
    writeFileSync(secret(), '11\n')
    writeFileSync(file, text())
    const load = (written: string, name: string) => loadConfigText(written, name, { env: {}, knownProviders })
    const { secretFiles = new Map() } = load(text(), file)
    return watching({ version: configVersion(text()), secretFiles, load })
  }

  test('that was replaced is taken into force, once, under the same version', async () => {
    const { watcher, accepted, rejected } = watchingSecret()
    await watcher.check()
    expect(accepted).toEqual([])
    writeFileSync(secret(), '222\n')
    await watcher.check()
    await watcher.check()
    expect([accepted, rejected]).toEqual([[222], []])
    expect(watcher.status()).toMatchObject({ version: configVersion(text()), rejected: null })
  })

  test('that was emptied is turned down, once, until it is good again', async () => {
    const { watcher, accepted, rejected } = watchingSecret()
    writeFileSync(secret(), '')
    await watcher.check()
    await watcher.check()
    expect(accepted).toEqual([])
    expect(rejected).toHaveLength(1)
    expect(watcher.status().rejected).toMatchObject({ problems: [{ path: 'server.port' }] })
    writeFileSync(secret(), '3333')
    await watcher.check()
    expect(accepted).toEqual([3333])
    expect(watcher.status().rejected).toBeNull()
  })

  test('is noticed by the poll', async () => {
    writeFileSync(secret(), '11')
    writeFileSync(file, text())
    const load = (written: string, name: string) => loadConfigText(written, name, { env: {}, knownProviders })
    const { secretFiles = new Map() } = load(text(), file)
    const news = new Promise<number>((resolve) => {
      watching({
        version: configVersion(text()),
        secretFiles,
        load,
        onAccepted: (config) => resolve(config.server.port),
        quietMs: 1,
        pollMs: 5,
      })
    })
    writeFileSync(secret(), '4444')
    expect(await news).toBe(4444)
  })
})

describe('a changed file', () => {
  test('is taken into force, once', async () => {
    const { watcher, accepted, rejected } = watching()
    await watcher.check()
    expect(accepted).toEqual([])
    writeFileSync(file, textFor(2))
    await watcher.check()
    await watcher.check()
    expect([accepted, rejected]).toEqual([[2], []])
    expect(watcher.status()).toEqual({
      version: configVersion(textFor(2)),
      loaded_at: '2026-01-02T00:00:00.000Z',
      rejected: null,
    })
  })

  test.each([
    ['that is empty', ''],
    ['that is half written', 'providers: { simul'],
    ['with a mistake', 'providers: { simulated: {} }\nserver: { prot: 2 }\n'],
    ['with only a comment', '# soon\n'],
  ])('%s is turned down and the last good one stays', async (_what, text) => {
    const { watcher, accepted, rejected } = watching()
    writeFileSync(file, text)
    await watcher.check()
    await watcher.check()
    expect(accepted).toEqual([])
    expect(rejected).toHaveLength(1)
    expect(watcher.status()).toMatchObject({
      version: configVersion(textFor(1)),
      rejected: { version: configVersion(text), problems: rejected[0] },
    })
    writeFileSync(file, textFor(3))
    await watcher.check()
    expect(accepted).toEqual([3])
    expect(watcher.status().rejected).toBeNull()
  })

  test('that goes back to what is in force clears the rejection and changes nothing', async () => {
    const { watcher, accepted } = watching()
    writeFileSync(file, 'broken: [')
    await watcher.check()
    expect(watcher.status().rejected).not.toBeNull()
    writeFileSync(file, textFor(1))
    await watcher.check()
    expect([accepted, watcher.status().rejected]).toEqual([[], null])
  })

  test('that is removed is turned down', async () => {
    const { watcher, rejected } = watching()
    rmSync(file)
    await watcher.check()
    expect(rejected[0]?.[0]?.message).toBe('cannot be read: there is no such file')
    expect(watcher.status().version).toBe(configVersion(textFor(1)))
  })

  test('that cannot be put into force is turned down', async () => {
    const { watcher, rejected } = watching({
      onAccepted: async () => {
        throw new Error('no engine from this')
      },
    })
    writeFileSync(file, textFor(2))
    await watcher.check()
    expect(rejected[0]?.[0]?.message).toBe('cannot be put into force: no engine from this')
    expect(watcher.status().version).toBe(configVersion(textFor(1)))
  })

  test('is not looked at after closing', async () => {
    const { watcher, accepted } = watching()
    watcher.close()
    writeFileSync(file, textFor(2))
    await watcher.check()
    expect(accepted).toEqual([])
  })
})

describe('a change is noticed', () => {
  test.each<[string, Partial<WatchOptions>, () => void]>([
    ['by the system, when the file is written', { quietMs: 5 }, () => writeFileSync(file, textFor(7))],
    [
      'by the system, when the file is replaced',
      { quietMs: 5 },
      () => {
        writeFileSync(`${file}.new`, textFor(7))
        renameSync(`${file}.new`, file)
      },
    ],
  ])('%s', async (_how, changes, change) => {
    const port = await new Promise<number>((resolve) => {
      watching({ ...changes, onAccepted: (config) => resolve(config.server.port) })
      change()
    })
    expect(port).toBe(7)
  })

  test('by looking, where the system reports nothing', async () => {
    const later = join(directory, 'mounted-later')
    const port = await new Promise<number>((resolve) => {
      // A directory that is not there yet cannot be watched.
      const changed = { file: join(later, 'headgate.yaml'), quietMs: 5, pollMs: 5 }
      watching({ ...changed, onAccepted: (config) => resolve(config.server.port) })
      mkdirSync(later)
      writeFileSync(changed.file, textFor(8))
    })
    expect(port).toBe(8)
  })
})
