import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService } from '../src/server/test-service.contract.ts'
import { openBrowser } from './open-browser.ts'

/*
 * The console in a real browser, where this machine has one. Where it has none, what the page does is done by hand over HTTP with the cookie of a
 * session; the page itself is then held against its rules by `console-routes.test.ts` alone.
 */

const HOSTILE = '<script>document.title = "owned"</script><img src=x onerror="document.title=\'owned\'">'

let under: TestService
let tenantKey: string
beforeAll(async () => {
  under = await startTestService({
    tenants: { acme: { daily_usd_limit: 5 } },
    tasks: { answer: { default: 'fast', when: [{ if: { plan: 'free' }, use: 'fast' }] } },
  })
  tenantKey = (await under.issue({ kind: 'tenant', tenantId: 'acme' })).key
})
afterAll(() => under.stop())

const browser = await openBrowser()
if (browser) describe('the console in a browser', () => inBrowser(browser))
else describe('the console without a browser', withoutBrowser)

function inBrowser(browser: Browser): void {
  let page: Page
  const troubles: string[] = []
  beforeAll(async () => {
    page = await newPage()
  })
  afterAll(() => browser.close())
  afterEach(() => expect(troubles.splice(0)).toEqual([]))

  async function newPage(): Promise<Page> {
    const context = await browser.newContext()
    const opened = await context.newPage()
    opened.on('pageerror', (error) => troubles.push(error.message))
    opened.on('console', (message) => {
      // That a stranger gets 401 is how the page learns that nobody is signed in.
      const expected = /status of 40[13]/.test(message.text())
      if (message.type() === 'error' && !expected) troubles.push(message.text())
    })
    await opened.goto(`${under.url}/console`)
    return opened
  }

  const signIn = async (on: Page, key: string) => {
    await on.getByLabel('Admin key').fill(key)
    await on.getByRole('button', { name: 'Sign in' }).click()
  }
  const cells = (row: Locator) => row.getByRole('cell').allTextContents()
  const table = (title: string) => page.getByRole('region', { name: title })

  it('asks for the admin key, and says so when it is none', async () => {
    await signIn(page, tenantKey)
    await page.getByText('That key is not an admin key.').waitFor()
    expect(await page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false)
    expect(await page.getByText('Latest calls').isVisible()).toBe(false)
  })

  it('opens for an admin key, which no script can read afterwards', async () => {
    await signIn(page, under.adminKey)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    expect(await page.getByText(/No call yet/).isVisible()).toBe(true)
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.getByLabel('Admin key').inputValue()).toBe('')
    expect(await page.content()).not.toContain(under.adminKey)
  })

  it('shows a priced call within seconds, and what it spent', async () => {
    await under.call({ key: tenantKey, feature: 'search', model: 'answer' })
    const row = table('Latest calls').getByRole('row', { name: 'search' })
    await row.waitFor()
    const shown = await cells(row)
    expect([...shown.slice(1, 5), ...shown.slice(-2)]).toEqual([
      'acme',
      'search',
      'wall/m',
      'completed',
      '0.100000',
      'why',
    ])
    await page.reload()
    await table('Spend by tenant and feature').getByRole('row', { name: 'search' }).waitFor()
    const budget = await cells(table('Budgets').getByRole('row', { name: 'tenant acme' }))
    expect(budget.slice(0, 4)).toEqual(['tenant acme', 'day', '5.00', '0.100000'])
    expect(await page.getByText('$0.100000').isVisible()).toBe(true)
  })

  it('shows why a call went where it went', async () => {
    await table('Latest calls').getByRole('button', { name: 'why' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Trace' })
    await dialog.getByText('wall/m: default').waitFor()
    await dialog.getByText('✗ when plan is free (plan is free does not hold').waitFor()
    expect(await dialog.getByRole('definition').allTextContents()).toEqual(
      expect.arrayContaining(['acme', 'search', 'wall/m']),
    )
    await dialog.getByRole('button', { name: 'Close' }).click()
    expect(await dialog.isVisible()).toBe(false)
  })

  it('shows names that would be markup as the text that they are', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: HOSTILE })
    await under.call({ key, feature: HOSTILE, model: HOSTILE })
    await table('Latest calls').getByText(HOSTILE).first().waitFor()
    await page.reload()
    await table('Spend by tenant and feature').getByText(HOSTILE).first().waitFor()
    await table('Latest calls').getByRole('button', { name: 'why' }).first().click()
    await page.getByRole('dialog').getByText(HOSTILE).first().waitFor()
    expect(await page.title()).toBe('Headgate console')
    expect(await page.locator('main script, main img').count()).toBe(0)
    await page.getByRole('button', { name: 'Close' }).click()
  })

  it('signs out, here and for whoever kept the cookie', async () => {
    const cookies = await page.context().cookies()
    expect(cookies).toMatchObject([{ name: 'headgate_session', httpOnly: true, sameSite: 'Strict' }])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.getByText('Latest calls').isVisible()).toBe(false)
    const cookie = `headgate_session=${cookies[0]?.value}`
    expect((await under.ask('/admin/v1/keys', { headers: { cookie } })).status).toBe(401)
  })

  it('is signed out by the revocation of its key', async () => {
    const { key, id } = await under.issue({ kind: 'admin' })
    const other = await newPage()
    await signIn(other, key)
    await other.getByRole('button', { name: 'Sign out' }).waitFor()
    await under.ask(`/admin/v1/keys/${id}`, { method: 'DELETE', key: under.adminKey })
    await other.getByRole('button', { name: 'Sign in' }).waitFor()
    await other.close()
  })
}

function withoutBrowser(): void {
  it('signs in, reads what the page shows and signs out, as the page does', async () => {
    const origin = { origin: under.url }
    const signedIn = await under.ask('/admin/v1/session', { headers: origin, body: { admin_key: under.adminKey } })
    const session = { ...origin, cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' }
    await under.call({ key: tenantKey, feature: HOSTILE })
    const [call] = await rows(under.ask('/admin/v1/traces?limit=50', { headers: session }))
    expect(call).toMatchObject({ tenant_id: 'acme', feature: HOSTILE, model: 'wall/m', cost_usd: 0.1 })
    const usage = await rows(under.ask('/admin/v1/usage?group_by=tenant,feature', { headers: session }))
    expect(usage).toMatchObject([{ tenant_id: 'acme', feature: HOSTILE, calls: 1, cost_usd: 0.1 }])
    const [budget] = await rows(under.ask('/admin/v1/budgets?limit=100', { headers: session }))
    expect(budget).toMatchObject({ scope: { tenant: 'acme' }, window: 'day', spent: 0.1, match: {} })
    const trace = await json(under.ask(`/admin/v1/traces/${call?.trace_id}`, { headers: session }))
    expect(trace).toMatchObject({ decision: { candidates: [{ deployment: 'wall/m', taken: true }] } })
    const out = await under.ask('/admin/v1/session', { method: 'DELETE', headers: session })
    expect(out.status).toBe(204)
    expect((await under.ask('/admin/v1/traces', { headers: session })).status).toBe(401)
  })

  it('serves a page whose every reference is a file of its own', async () => {
    const html = await (await under.ask('/console')).text()
    const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference = '']) => reference)
    expect(references.length).toBeGreaterThan(2)
    for (const reference of references)
      expect([reference, (await under.ask(reference)).status]).toEqual([reference, 200])
  })
}
