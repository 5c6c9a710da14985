/** Whoever asks is not signed in, or not any more. */
export class SignedOut extends Error {}

/** What the gateway refused: its message, and every problem of what was sent where it lists them. */
export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? `HTTP ${status}`)
    this.status = status
    this.problems = error?.details?.problems ?? []
  }
}

/** Asks the admin API with the session of this browser; gives the reply. Rejects with SignedOut or Refused. */
async function ask(path, options, accept = 'application/json') {
  const reply = await fetch(path, { ...options, headers: { accept, 'content-type': 'application/json' } })
  if (reply.status === 401 || reply.status === 403) throw new SignedOut()
  if (!reply.ok) throw new Refused(reply.status, (await reply.json().catch(() => null))?.error)
  return reply
}

const posted = (body) => ({ method: 'POST', body: JSON.stringify(body) })

/** The reply's JSON, or null where there is none. */
export async function api(path, options) {
  const reply = await ask(path, options)
  return reply.status === 204 ? null : reply.json()
}

/** The same for a body that is sent. */
export const post = (path, body) => api(path, posted(body))

/** The reply as YAML. */
export const yaml = async (path) => (await ask(path, undefined, 'application/yaml')).text()

/** The lines of a reply that comes bit by bit, as they come. */
export async function* postLines(path, body) {
  const reply = await ask(path, posted(body), 'application/x-ndjson')
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + value).split('\n')
    rest = lines.pop()
    for (const line of lines) yield JSON.parse(line)
  }
}
