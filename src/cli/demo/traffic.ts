/*
 * The traffic of a demo: what a small product with a handful of customers would send. Mostly plain questions, many of them streamed, some with
 * tools or a JSON answer, and a few of the mistakes that every product makes. Decided by chance from a number that is given, so that two runs with
 * the same number send the same.
 */

/** One call of a demo, ready to be sent. */
export interface DemoCall {
  readonly path: '/v1/chat/completions' | '/v1/messages'
  /** Context headers, the tenant among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  /** The caller hangs up after the first piece of the answer. */
  readonly leavesEarly: boolean
}

/** Who sends. */
export interface DemoCallers {
  /** What callers may say as `model`, the preferred ones first. */
  readonly models: readonly string[]
  /** Tenants that calls are sent for; none when every caller is the same one. */
  readonly tenants: readonly string[]
}

/** Numbers from 0 to 1, one after another. */
export type Chance = () => number

const FEATURES: readonly { readonly name: string; readonly weight: number; readonly questions: readonly string[] }[] = [
  {
    name: 'support_agent',
    weight: 5,
    questions: [
      'Where is my order 48213? It should have been here on Tuesday.',
      'How do I change the e-mail address of my account?',
      'I was charged twice this month. What can be done about it?',
      'Does the warranty cover a cracked screen?',
    ],
  },
  {
    name: 'document_search',
    weight: 3,
    questions: [
      'What does our travel policy say about trains over four hours?',
      'Which contracts end before the first of March?',
      'Find the paragraph on data retention in the supplier agreement.',
    ],
  },
  {
    name: 'meeting_summary',
    weight: 2,
    questions: [
      'Summarise the notes: launch moved to May, Ana owns the checklist, budget still open.',
      'List the decisions and who has to do what by when.',
    ],
  },
  {
    name: 'code_review',
    weight: 1,
    questions: ['Review this diff for mistakes: - if (a = b) return\n+ if (a === b) return'],
  },
]

const SYSTEM = 'You are a helpful assistant. Answer in at most five sentences and say when you do not know.'
const TOOLS = [
  { name: 'look_up_order', about: 'The state of an order.', field: 'order_id' },
  { name: 'search_documents', about: 'Paragraphs that match a question.', field: 'query' },
] as const

type Kind =
  | 'chat'
  | 'stream'
  | 'messages'
  | 'messages-stream'
  | 'tools'
  | 'json'
  | 'long'
  | 'leaves'
  | 'unknown-model'
  | 'malformed'

const KINDS: readonly { readonly name: Kind; readonly weight: number }[] = [
  { name: 'chat', weight: 30 },
  { name: 'stream', weight: 28 },
  { name: 'messages', weight: 10 },
  { name: 'messages-stream', weight: 8 },
  { name: 'tools', weight: 9 },
  { name: 'json', weight: 5 },
  { name: 'long', weight: 3 },
  { name: 'leaves', weight: 2 },
  { name: 'unknown-model', weight: 3 },
  { name: 'malformed', weight: 2 },
]

/** Calls without end. */
export function* demoTraffic(callers: DemoCallers, chance: Chance): Generator<DemoCall, never, void> {
  for (;;) yield oneCall(callers, chance)
}

function oneCall({ models, tenants }: DemoCallers, chance: Chance): DemoCall {
  const kind = weighted(KINDS, chance).name
  const feature = weighted(FEATURES, chance)
  // The first of a list is used most, as customers and models are in life.
  const tenant = skewed(tenants, chance)
  const model = kind === 'unknown-model' ? 'gpt-nine' : (skewed(models, chance) ?? 'unknown')
  const question = pick(feature.questions, chance) ?? ''
  const isMessages = kind === 'messages' || kind === 'messages-stream'
  const stream = kind === 'stream' || kind === 'messages-stream' || kind === 'leaves'
  const maxTokens = 40 + Math.floor(chance() * 160)
  return {
    path: isMessages ? '/v1/messages' : '/v1/chat/completions',
    headers: {
      ...(tenant === undefined ? {} : { 'x-headgate-tenant-id': tenant }),
      'x-headgate-feature': feature.name,
      'x-headgate-user-id': `user-${1 + Math.floor(chance() * 20)}`,
      'x-headgate-team-id': pick(['care', 'sales', 'research'], chance) ?? '',
      'x-headgate-prompt-version': chance() < 0.8 ? 'v7' : 'v8',
      ...(isMessages ? { 'anthropic-version': '2023-06-01' } : {}),
    },
    body: isMessages
      ? { model, max_tokens: maxTokens, system: SYSTEM, messages: [{ role: 'user', content: question }], stream }
      : { model, max_tokens: maxTokens, ...chatBody(kind, question), ...(stream ? { stream } : {}) },
    leavesEarly: kind === 'leaves',
  }
}

function chatBody(kind: Kind, question: string): Readonly<Record<string, unknown>> {
  const system = { role: 'system', content: SYSTEM }
  if (kind === 'malformed') return { messages: 'a text, where a list belongs' }
  const content =
    kind === 'long' ? `${question}\n\n${'Earlier in this conversation: nothing new. '.repeat(150)}` : question
  const messages = [system, { role: 'user', content: kind === 'json' ? `${content} Answer as JSON.` : content }]
  if (kind === 'json') return { messages, response_format: { type: 'json_object' } }
  return kind === 'tools' ? { messages, tools: TOOLS.map(asTool) } : { messages }
}

function asTool({ name, about, field }: (typeof TOOLS)[number]) {
  const parameters = { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] }
  return { type: 'function', function: { name, description: about, parameters } }
}

function weighted<Item extends { readonly weight: number }>(
  items: readonly [Item, ...Item[]] | readonly Item[],
  chance: Chance,
): Item {
  let left = chance() * items.reduce((sum, { weight }) => sum + weight, 0)
  for (const item of items) {
    left -= item.weight
    if (left < 0) return item
  }
  const last = items.at(-1)
  if (!last) throw new RangeError('nothing to choose from')
  return last
}

function skewed<Item>(items: readonly Item[], chance: Chance): Item | undefined {
  return items[Math.floor(chance() * chance() * items.length)]
}

function pick<Item>(items: readonly Item[], chance: Chance): Item | undefined {
  return items[Math.floor(chance() * items.length)]
}
