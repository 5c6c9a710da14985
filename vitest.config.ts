import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['headgate-source', 'node', 'import', 'default'] },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
