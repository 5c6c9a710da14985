import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where systems put a Chromium or one of its kin. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/usr/bin/microsoft-edge',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
] as const

/** Opens this machine's browser; null when it has none that starts. It sees our own pages only, so it needs no sandbox, which root cannot have. */
export async function openBrowser(): Promise<Browser | null> {
  for (const executablePath of PLACES.filter((path) => existsSync(path))) {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] }).catch(() => null)
    if (browser) return browser
  }
  return null
}
