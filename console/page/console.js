/*
 * The console: asks the admin API and shows what it says. Who is signed in, and which of its views is open; the address says which.
 */
import { api, post, SignedOut } from './api.js'
import { element } from './draw.js'
import { overview } from './overview.js'
import { policy } from './policy.js'

const view = location.pathname === '/console/policy' ? policy : overview
let timer = 0

async function refresh() {
  clearTimeout(timer)
  try {
    if (!document.hidden) {
      await view.refresh()
      element('state').textContent = `as of ${new Date().toLocaleTimeString()}`
      signedIn(true)
    }
  } catch (error) {
    if (error instanceof SignedOut) return signedIn(false)
    element('state').textContent = `The gateway does not answer: ${error.message}`
  }
  timer = setTimeout(refresh, view.everyMs)
}

function signedIn(yes) {
  element('sign-in').hidden = yes
  element(view.id).hidden = !yes
  element('sign-out').hidden = !yes
  element('views').hidden = !yes
  if (yes) return
  clearTimeout(timer)
  view.forget()
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
  element('state').textContent = ''
}

element('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault()
  const key = element('admin-key')
  element('sign-in-error').textContent = ''
  try {
    await post('/admin/v1/session', { admin_key: key.value })
    key.value = ''
    await refresh()
  } catch (error) {
    element('sign-in-error').textContent = error instanceof SignedOut ? 'That key is not an admin key.' : error.message
  }
})

element('sign-out').addEventListener('click', async () => {
  await api('/admin/v1/session', { method: 'DELETE' }).catch(() => null)
  signedIn(false)
})

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !element(view.id).hidden) refresh()
})
document.addEventListener('signed-out', () => signedIn(false))

for (const link of element('views').children) {
  if (link.pathname === location.pathname) link.setAttribute('aria-current', 'page')
}
refresh()
