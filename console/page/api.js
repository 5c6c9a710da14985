/** Whoever asks is not signed in, or not any more. */
export class SignedOut extends Error {}

/** Asks the admin API with the session of this browser; gives the reply's JSON, or null where there is none. */
export async function api(path, options) {
  const reply = await fetch(path, { ...options, headers: { 'content-type': 'application/json' } })
  if (reply.status === 401 || reply.status === 403) throw new SignedOut()
  if (!reply.ok) throw new Error((await reply.json().catch(() => null))?.error?.message ?? `HTTP ${reply.status}`)
  return reply.status === 204 ? null : reply.json()
}
