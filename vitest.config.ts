import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['headgate-source', 'node', 'import', 'default'] },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'e2e/**/*.test.ts'],
    // As many workers as cores: by itself vitest leaves one of them idle, and most tests wait more than they compute.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
