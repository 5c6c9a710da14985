import { describe, expect, test } from 'vitest'
import { loadConfigText } from './load.ts'

function load(jobs: string) {
  const result = loadConfigText(`providers: { simulated: {} }\njobs: ${jobs}`, 'headgate.yaml', {
    env: {},
    knownProviders: [{ type: 'simulated', simulated: true }],
  })
  return result.ok ? result.config.jobs : result.problems.map(({ path, message }) => `${path}: ${message}`)
}

const SECRET = 'a-secret-that-is-long-enough-0123'

describe('jobs', () => {
  test('take a time to keep, a number, a deadline and webhooks, whose secrets are not printed', () => {
    const jobs = load(
      `{ keep: 7d, concurrency: 4, deadline: 10m, webhooks: [{ url: "http://10.0.0.5/jobs", secret: ${SECRET} }] }`,
    )
    expect(jobs).toMatchObject({ keepMs: 7 * 86_400_000, concurrency: 4, deadlineMs: 600_000 })
    expect(JSON.stringify(jobs)).toContain('http://10.0.0.5/jobs')
    expect(JSON.stringify(jobs)).not.toContain(SECRET)
  })

  test.each([
    ['{ concurrency: 0 }', 'jobs.concurrency: must be at least 1'],
    ['{ deadline: 2d }', 'jobs.deadline: must be between 1s and 1d'],
    ['{ keep: 100d }', 'jobs.keep: must be between 1s and 90d'],
    ['{ webhooks: [{ url: "ftp://x", secret: x }] }', 'jobs.webhooks[0].url: must be an http or https URL'],
    ['{ webhooks: [{ url: "https://x", secret: "" }] }', 'jobs.webhooks[0].secret: must have at least 32 characters'],
    [
      '{ webhooks: [{ url: "https://x", secret: short }] }',
      'jobs.webhooks[0].secret: must have at least 32 characters',
    ],
    ['{ webhooks: [{ url: "https://x" }] }', 'jobs.webhooks[0].secret: '],
  ])('refuses %s', (text, problem) => {
    expect(load(text)).toContainEqual(expect.stringContaining(problem))
  })
})
