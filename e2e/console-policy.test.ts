import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, startTestService, type TestService } from '../src/server/test-service.contract.ts'
import { openBrowser } from './open-browser.ts'

/*
 * The policy in the console, in a real browser where this machine has one: what is in force, a change that is tried, published and taken back. Where it has none,
 * the requests of the page are made by hand.
 */

const HOSTILE = '<img src=x onerror="document.title=\'owned\'">'
const PATH = '/admin/v1/policy'
const OTHER = { models: { fast: ['wall/other'] }, tenants: { [HOSTILE]: {} } }

const browser = await openBrowser()
if (browser) describe('the policy in the console', () => inBrowser(browser))
else describe('the policy in the console, without a browser', withoutBrowser)

function inBrowser(browser: Browser): void {
  let under: TestService
  let page: Page
  const troubles: string[] = []

  const inForce = async () => (await json(under.ask(PATH, { key: under.adminKey }))).version
  const button = (name: string | RegExp) => page.getByRole('button', { name })
  const text = () => page.getByLabel('Policy sections')
  const part = (name: string) => page.getByRole('region', { name })
  const said = (what: string | RegExp) => page.getByText(what).waitFor()

  beforeAll(async () => {
    under = await startTestService({
      policy: { source: 'ledger' },
      tasks: { answer: { default: 'fast', when: [{ if: { plan: 'free' }, use: 'fast' }] } },
    })
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    for (const model of ['answer', 'wall/m']) await under.call({ key, model })
    page = await opened(under)
  })
  afterAll(async () => {
    await browser.close()
    await under.stop()
  })

  async function opened(at: TestService): Promise<Page> {
    const made = await (await browser.newContext()).newPage()
    made.setDefaultTimeout(10_000)
    made.on('pageerror', (error) => troubles.push(error.message))
    made.on('console', (message) => {
      if (message.type() === 'error' && !/status of 40[0139]/.test(message.text())) troubles.push(message.text())
    })
    await made.goto(`${at.url}/console`)
    await made.getByLabel('Admin key').fill(at.adminKey)
    await made.getByRole('button', { name: 'Sign in' }).click()
    await made.getByRole('link', { name: 'Policy' }).click()
    await made.getByText('Policy in force', { exact: true }).waitFor()
    return made
  }

  it('shows what is in force, where it lives, and its text', async () => {
    await part('Policy in force').getByText('the configuration file').first().waitFor()
    await said('what is published here is in force on every instance')
    expect(await text().inputValue()).toContain('answer:\n    default: fast\n')
    expect(await button('Publish…').isDisabled()).toBe(true)
  })

  it('says every place of what is wrong with a text, and publishes nothing', async () => {
    await text().fill('tasks:\n  answer: { default: fasst }\n  other: { default: fastt }\n')
    await button('Try it').click()
    const trouble = page.locator('#policy-trouble li')
    await trouble.first().waitFor()
    expect(await trouble.allTextContents()).toEqual([
      expect.stringMatching(/^line 2, tasks\.answer\.default .*did you mean "fast"\?$/),
      expect.stringMatching(/^line 3, tasks\.other\.default /),
    ])
    expect(await part('What it would do').isVisible()).toBe(false)
    expect(await inForce()).toMatchObject({ number: 1 })
  })

  it('shows what a change would do to the calls that were made, before and after, and why', async () => {
    await text().fill(JSON.stringify(OTHER))
    await button('Try it').click()
    const trial = part('What it would do')
    await trial.getByText('2 calls decided again by both policies; 1 change.').waitFor()
    expect(await trial.locator('#trial-diff li').allTextContents()).toContain('models.fast[0]"wall/m""wall/other"')
    const figures = await trial.getByRole('row', { name: /^(Cost in USD|Refused)/ }).allTextContents()
    expect(figures.map((row) => row.split(/\s+/).join(' ').trim())).toEqual([
      expect.stringMatching(/^Cost in USD ?0\.200000 ?0\.200000 ?0\.100000 ?-50\.0 %$/),
      expect.stringMatching(/^Refused ?0 ?0 ?1$/),
    ])
    const bars = trial.getByRole('img')
    expect(await bars.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).toEqual([
      'wall/m: 2 (100.0 %) before, 1 (50.0 %) after',
      'all calls: 0.200000 before, 0.100000 after',
      'price_unknown: 0 (0.0 %) before, 1 (50.0 %) after',
    ])
    const changed = trial.getByRole('table').nth(1).getByRole('row').nth(1)
    expect(await changed.getByRole('cell').allTextContents()).toEqual(
      expect.arrayContaining(['acme', 'answer', 'wall/m', 'price_unknown']),
    )
    await changed.getByRole('button', { name: 'show' }).click()
    await page.getByRole('dialog', { name: 'Trace' }).getByText('✗ when plan is free').waitFor()
    await button('Close').click()
    expect(await inForce()).toMatchObject({ number: 1 })
  })

  it('says what calls do not say that a rule asks, and supposes it when told to', async () => {
    await text().fill('tasks: { answer: { default: fast, when: [{ if: { complexity: simple }, use: wall/other }] } }')
    await button('Try it').click()
    await said(/^1 do not say their complexity, which a rule asks: counted as unchanged\. They cost \$0\.100000 before/)
    await page.getByLabel('Where nobody found out').selectOption('simple')
    expect(await part('What it would do').isVisible()).toBe(false)
    await button('Try it').click()
    await said('2 calls decided again by both policies; 1 change.')
    await page.getByLabel('Where nobody found out').selectOption('')
    await text().fill(JSON.stringify(OTHER))
  })

  it('publishes only what was tried, and after a question', async () => {
    await text().press('Space')
    expect(await button('Publish…').isDisabled()).toBe(true)
    await button('Try it').click()
    await part('What it would do').waitFor()
    await button('Publish…').click()
    await button('Cancel').click()
    expect(await inForce()).toMatchObject({ number: 1 })
    await button('Publish…').click()
    await page.getByLabel('Why (for the audit log)').fill('cheaper')
    await button(/^Publish$/).click()
    await said('Version 2 is in force.')
    expect(await inForce()).toMatchObject({ number: 2, source: 'ledger', reason: 'cheaper' })
    await page.getByText('Version 2, in force').click()
    await part('Versions').getByText(`tenants.${HOSTILE}`).waitFor()
    expect([await page.title(), await page.locator('main img').count()]).toEqual(['Headgate console', 0])
  })

  it('is told when somebody else published meanwhile, and overwrites nothing', async () => {
    await text().fill('models: { fast: [wall/m] }')
    await button('Try it').click()
    await part('What it would do').waitFor()
    const body = { policy: 'models: { fast: [wall/other], mine: [wall/m] }' }
    expect((await under.ask(PATH, { key: under.adminKey, body })).status).toBe(201)
    await button('Publish…').click()
    await button(/^Publish$/).click()
    await said('The newest version of the policy is 3, not 2; look at it and publish again.')
    expect(await inForce()).toMatchObject({ number: 3 })
  })

  it('goes back to an earlier version after a question that shows what changes', async () => {
    await page.reload()
    await page.getByText(/^Version 1/).click()
    await button('Go back to version 1…').click()
    const dialog = page.getByRole('dialog', { name: 'Go back to version 1?' })
    await dialog.getByText('models.fast[0]').waitFor()
    await button(/^Go back$/).click()
    await said('Version 1 is in force again, as version 4.')
    expect(await inForce()).toMatchObject({ number: 4, reason: 'back to version 1' })
    expect(await text().inputValue()).not.toContain(HOSTILE)
  })

  it('publishes nothing where the policy lives in a file, and says so; changes are tried there too', async () => {
    const other = await startTestService()
    try {
      page = await opened(other)
      await said('It lives in the configuration file')
      expect(await button('Publish…').isVisible()).toBe(false)
      expect(await button(/^Go back to/).count()).toBe(0)
      await text().fill('providers: { wall: { api_key: sk } }\nmodels: { fast: [wall/other] }\nguards: {}')
      await button('Try it').click()
      await part('What it would do').getByText('No policy, and not looked at: guards.').waitFor()
    } finally {
      await other.stop()
    }
  })

  it('met no error in the page', () => expect(troubles).toEqual([]))
}

function withoutBrowser(): void {
  it('tries, publishes and takes back, as the page does', async () => {
    const under = await startTestService({ policy: { source: 'ledger' } })
    try {
      const origin = { origin: under.url }
      const signedIn = await under.ask('/admin/v1/session', { headers: origin, body: { admin_key: under.adminKey } })
      const headers = { ...origin, cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' }
      const post = (path: string, body: object) => json(under.ask(`${PATH}${path}`, { headers, body }))
      const policy = JSON.stringify(OTHER)
      expect(await post('', { policy, dry_run: true })).toMatchObject({ after: 1, changes: [{}, {}] })
      expect(await post('/simulate', { policy, since: '7d' })).toMatchObject({ requests: 0 })
      expect(await post('', { policy, after: 1 })).toMatchObject({ number: 2 })
      expect(await post('/rollback', { to: 1, after: 2 })).toMatchObject({ number: 3 })
    } finally {
      await under.stop()
    }
  })
}
