import type { ResolvedConfig } from '../config/resolve.ts'
import type { Service } from '../server/service.ts'
import type { Output } from './output.ts'

/** What `serve` says once it listens, for programs and for people. */
export interface Welcome {
  readonly facts: Readonly<Record<string, unknown>>
  lines(output: Output): readonly string[]
}

/** Tells where the service is, how to try it, and (once) the admin key. */
export function welcome(service: Service, resolved: ResolvedConfig, adminKey: string | null): Welcome {
  const { url } = service.server
  const console = `${service.adminUrl}/console`
  const { config, notes } = resolved
  const curl = curlLine(url, resolved)
  const facts = {
    url,
    console,
    storage: service.house.storageNote,
    config: resolved.version,
    auth: config.auth.mode,
    curl,
    ...(adminKey === null ? {} : { admin_key: adminKey }),
    notes,
  }
  return {
    facts,
    lines: (output) => [
      `${output.styled('bold', 'Headgate')} is at ${output.styled('green', url)}, its console at ${output.styled('green', console)}`,
      `Ledger: ${service.house.storageNote}`,
      ...notes,
      ...(adminKey === null
        ? []
        : ['', `Admin key, shown this once (console, CLI, admin API): ${output.styled('yellow', adminKey)}`]),
      '',
      ...(config.auth.mode === 'keys'
        ? ['Try it, with a key from `headgate keys create --tenant default` in HEADGATE_KEY:']
        : ['Try it:']),
      curl,
    ],
  }
}

function curlLine(url: string, { config }: ResolvedConfig): string {
  const [logical] = config.models.keys()
  const [task] = config.tasks.keys()
  const listed = [...config.providers.values()].flatMap(({ name, models }) =>
    [...models.keys()].map((model) => `${name}/${model}`),
  )
  const model = logical ?? task ?? listed[0] ?? 'provider/model'
  const key = config.auth.mode === 'keys' ? ' -H "authorization: Bearer $HEADGATE_KEY"' : ''
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello to Headgate.' }] })
  return `curl -s ${url}/v1/chat/completions${key} -H "content-type: application/json" -H "x-headgate-feature: quickstart" -d '${body}'`
}
