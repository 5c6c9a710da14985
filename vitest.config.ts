import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const ROOT = import.meta.dirname
const EVERY_TEST = ['src/**/*.test.ts', 'test/**/*.test.ts', 'e2e/**/*.test.ts']

/**
 * What asks for a worker of one's own: a replaced module, which others would get too, an environment, which libraries remember, and other processes.
 * Everything under `test` has one as well: these are the long searches and the storms.
 */
const NEEDS_ITS_OWN =
  /\bvi\.(mock|stubEnv)\(|'node:child_process'|headgate-process\.ts|open-browser\.ts|test-server\.contract\.ts|\bopenEmbeddedPostgres\b/

const alone = [
  'test/**/*.test.ts',
  ...globSync(EVERY_TEST, { cwd: ROOT }).filter((path) => NEEDS_ITS_OWN.test(readFileSync(join(ROOT, path), 'utf8'))),
]

export default defineConfig({
  resolve: { conditions: ['headgate-source', 'node', 'import', 'default'] },
  test: {
    // One more than there are cores: some files wait most of the time, for processes to start, to die and to be missed.
    maxWorkers: availableParallelism() + 1,
    // Gateways that are started as processes need not compile the same source each time.
    env: { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/headgate-tests') },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // For a machine that is busy with other things as well: what is waited for is an event, and not a moment.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      // Files start in the order of these names, so that none of the long ones is left for the end.
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'together',
          include: EVERY_TEST,
          exclude: alone,
          // The source keeps no state in its modules, and to load the gateway takes longer than most files run.
          isolate: false,
        },
      },
    ],
  },
})
