import { buildConnector } from 'undici'

/**
 * Whether a provider's address can be reached: resolves the name, connects and, for https, shakes hands. Nothing is sent, no key either.
 * Rejects with the socket's error (`ENOTFOUND`, `ECONNREFUSED`, `UND_ERR_CONNECT_TIMEOUT`, a certificate's).
 */
export function probeAddress(baseUrl: string, timeoutMs: number): Promise<void> {
  const { hostname, host, protocol, port } = new URL(baseUrl)
  const connect = buildConnector({ timeout: timeoutMs })
  return new Promise((resolve, reject) => {
    connect({ hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port }, (error, socket) => {
      socket?.destroy()
      if (error) reject(error)
      else resolve()
    })
  })
}
