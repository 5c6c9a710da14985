import type { Starter } from '../config/zero-config.ts'

/** The text of a first `headgate.yaml`: valid as it is, with the sensible things on and a word on each. */
export function starterFile(starters: readonly Starter[]): string {
  return `# Headgate configuration. Check it with: headgate check
# All keys: docs/reference/config.md. Saving this file takes effect at once; a mistake in it changes nothing.
version: 1

server:
  host: 127.0.0.1        # this machine only
  port: 4100

# none: no key is asked and every caller is tenant "default"; allowed on 127.0.0.1 only.
# keys: every call carries a virtual key; make one with: headgate keys create
auth:
  mode: none

# What every call must say about itself, in a header (x-headgate-feature: support) or in the body's metadata. [] asks for nothing.
metadata:
  required: [tenant_id, feature]

# The ledger of money, usage, traces and keys: a PostgreSQL of our own in this directory, or "postgres://…" for yours.
storage:
  url: "embedded:./.headgate"

# Keys stay in the environment; here are only their names.
providers:
${starters.map(providerLines).join('\n')}

# Names that your product uses instead of a vendor's. The first that can serve does; the next takes over when it fails.
models:
  fast-small: [${starters.map(({ type, small }) => `${type}/${small}`).join(', ')}]
  balanced-large: [${starters.map(({ type, large }) => `${type}/${large}`).join(', ')}]

# Kinds of work. Callers name one of these as their model; which model serves it is decided here.
tasks:
  classify_intent:
    default: fast-small
    fallback: balanced-large
    parameters: { max_output_tokens: { default: 200, max: 1000 } }
  answer_question:
    default: balanced-large
    fallback: [fast-small]
    max_cost_usd: 0.50   # a call that could cost more is not made

# What tenants may use and spend. A call that could pass a limit is refused before it costs anything.
plans:
  default: { daily_usd_limit: 5, monthly_usd_limit: 50, allowed_models: ["*"] }

tenants:
  default: { plan: default, timezone: UTC }

# Limits on money beyond those of plans.
budgets:
  - { per: total, usd: 20, window: day, alert_at: [0.5, 0.8] }

# Programs that repeat the same call again and again: flagged and told of here; action: refuse stops them with 429.
runaway: { identical_calls: 20, window: 1m, action: alert }

# What tools return is read by the next model call: attacks are kept out, doubtful texts are marked as data.
guards:
  default:
    tool_result: { high: block, medium: wrap, judge: local }
`
}

function providerLines({ type, keyVariable }: Starter): string {
  return keyVariable === null
    ? `  ${type}: {}          # answers come from inside Headgate, for trying things out`
    : `  ${type}: { api_key: "\${${keyVariable}}" }`
}
