/*
 * The policy: which is in force and which were, trying a change on calls that were made, publishing it and going back.
 */
import { api, post, postLines, SignedOut, yaml } from './api.js'
import { count, element, made } from './draw.js'
import { showChanges, showTrial } from './trial.js'

const PATH = '/admin/v1/policy'
const MOST_VERSIONS = 50
const MOST_CHANGED = 50
/** Longer policies are not put into the text area by themselves. */
const LONGEST_TEXT = 500_000

let place = null
/** The version that is shown as in force. */
let shown = -1
/** The text that was tried, and the version after which it may be published. */
let tried = null
let busy = false

/** The view of the policy. */
export const policy = {
  id: 'policy',
  everyMs: 10_000,
  async refresh() {
    const now = await api(PATH)
    place = now.source
    const number = now.version?.number ?? 0
    if (number === shown) return
    const versions = await api(`${PATH}/versions?limit=${MOST_VERSIONS}`)
    showInForce(now)
    showVersions(versions, number)
    if (element('policy-text').value === '') await reset()
    shown = number
  },
  forget() {
    shown = -1
    element('policy-text').value = ''
    discardTrial()
  },
}

function showInForce({ source, version, sections }) {
  const sizes = Object.entries(sections).map(([name, section]) => `${Object.keys(section).length} ${name}`)
  const facts = [
    ['Version', version?.number ?? 'not noted'],
    ['Since', version ? new Date(version.created_at).toLocaleString() : ''],
    ['By', version ? authorOf(version) : ''],
    ['Why', version?.reason],
    ['Hash', version?.hash],
    ['Has', sizes.join(', ')],
  ]
  const shownFacts = facts.flatMap(([name, value]) => {
    const fact = made('div')
    fact.append(made('dt', name), made('dd', value))
    return value ? [fact] : []
  })
  element('in-force').replaceChildren(...shownFacts)
  element('policy-place').textContent =
    source === 'ledger'
      ? 'It lives in the ledger: what is published here is in force on every instance within two seconds.'
      : 'It lives in the configuration file of the gateway and is changed there. A change can be tried here; to publish from here set policy.source to "ledger" and start the gateway again.'
  element('publish').hidden = source !== 'ledger'
}

const authorOf = ({ actor, source }) => (source === 'file' ? 'the configuration file' : actor)

function showVersions({ data, next_cursor: more }, inForce) {
  const items = data.map((version) => {
    const { number, changes, created_at: at, reason } = version
    const item = made('details', '', 'version')
    const facts = [new Date(at).toLocaleString(), authorOf(version), `${count(changes.length)} changes`, reason ?? '']
    const title = made('summary', `Version ${number}${number === inForce ? ', in force' : ''}`)
    title.append(made('small', facts.filter((fact) => fact !== '').join(' · ')))
    const list = made('ul', '', 'diff')
    showChanges(list, changes)
    item.append(title, list)
    if (place === 'ledger' && number !== inForce) item.append(backButton(number))
    return item
  })
  element('versions').replaceChildren(...(items.length > 0 ? items : [made('p', 'None was noted yet.', 'hint')]))
  element('more-versions').hidden = more === null
}

function backButton(number) {
  const button = made('button', `Go back to version ${number}…`, 'small')
  button.type = 'button'
  button.addEventListener('click', () =>
    attempt(async () => {
      const { after, changes } = await post(PATH, { policy: await yaml(`${PATH}/versions/${number}`), dry_run: true })
      const reason = await confirmed(`Go back to version ${number}?`, 'Go back', changes)
      if (reason === null) return
      const version = await post(`${PATH}/rollback`, { to: number, after, ...reason })
      await published(`Version ${number} is in force again, as version ${version.number}.`)
    }),
  )
  return button
}

async function tryIt() {
  discardTrial()
  const text = element('policy-text').value
  const { after, changes } = await post(PATH, { policy: text, dry_run: true })
  showChanges(element('trial-diff'), changes)
  const progress = element('trial-progress')
  progress.hidden = false
  progress.value = 0
  const changed = []
  let result = null
  const complexity = element('policy-suppose').value
  const suppose = complexity === '' ? {} : { complexity }
  const ask = { policy: text, since: element('policy-since').value, suppose }
  for await (const one of postLines(`${PATH}/simulate`, ask)) {
    if (one.progress) progress.value = one.progress.share
    else if (one.changed && changed.length < MOST_CHANGED) changed.push(one.changed)
    else if (one.result) result = one.result
  }
  if (!result) throw new Error('The gateway broke off before it was done; try again, or look at its log.')
  showTrial(result, changed)
  element('trial').hidden = false
  tried = { text, after, changes }
  element('publish').disabled = changes.length === 0
}

async function publish() {
  const { text, after, changes } = tried
  const reason = await confirmed(`Publish as version ${after + 1}?`, 'Publish', changes)
  if (reason === null) return
  const version = await post(PATH, { policy: text, after, ...reason })
  discardTrial()
  await published(`Version ${version.number} is in force.`)
}

async function published(said) {
  await policy.refresh()
  await reset()
  element('policy-said').textContent = said
}

async function reset() {
  const text = await yaml(PATH)
  element('policy-text').value = text.length > LONGEST_TEXT ? '' : text
  discardTrial()
}

/** What was tried is not what stands there any more. */
function discardTrial() {
  tried = null
  element('publish').disabled = true
  element('trial').hidden = true
}

/** Asks whether it is meant; gives `{ reason }` or `{}`, and null when it is not. */
function confirmed(title, yes, changes) {
  const dialog = element('confirm')
  element('confirm-title').textContent = title
  element('confirm-yes').textContent = yes
  element('confirm-reason').value = ''
  showChanges(element('confirm-diff'), changes)
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        const reason = element('confirm-reason').value.trim()
        resolve(dialog.returnValue === 'yes' ? (reason === '' ? {} : { reason }) : null)
      },
      { once: true },
    )
  })
}

/** Does what a button asks for, one at a time, and says what went wrong. */
async function attempt(work) {
  if (busy) return
  busy = true
  element('policy').setAttribute('aria-busy', 'true')
  element('policy-trouble').replaceChildren()
  element('policy-said').textContent = ''
  try {
    await work()
  } catch (error) {
    if (error instanceof SignedOut) document.dispatchEvent(new Event('signed-out'))
    else showTrouble(error)
  } finally {
    busy = false
    element('policy').removeAttribute('aria-busy')
    element('trial-progress').hidden = true
  }
}

function showTrouble({ message, problems = [] }) {
  const list = made('ul')
  for (const { path, line, message: what, suggestion } of problems) {
    const at = line ? `line ${line}, ` : ''
    list.append(made('li', `${at}${path} ${what}${suggestion ? `; did you mean "${suggestion}"?` : ''}`))
  }
  element('policy-trouble').replaceChildren(problems.length > 0 ? list : made('p', message))
}

element('try').addEventListener('submit', (event) => {
  event.preventDefault()
  attempt(tryIt)
})
element('policy-text').addEventListener('input', discardTrial)
for (const id of ['policy-since', 'policy-suppose']) element(id).addEventListener('change', discardTrial)
element('publish').addEventListener('click', () => attempt(publish))
element('policy-reset').addEventListener('click', () => attempt(reset))
element('confirm-no').addEventListener('click', () => element('confirm').close())
