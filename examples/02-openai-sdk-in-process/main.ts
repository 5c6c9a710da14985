/*
 * An unchanged OpenAI client, in process: only its `fetch` is ours. Every call is bound to a tenant and a feature.
 * Run it from the repository with `npm start -w examples/02-openai-sdk-in-process`. It needs no key: answers are simulated.
 */
import { createGateway } from 'headgate'
import OpenAI from 'openai'

const gateway = await createGateway({
  config: {
    version: 1,
    storage: { url: 'memory:' },
    providers: { simulated: {} },
    models: { 'fast-small': ['simulated/simulated-small'] },
  },
})

const openai = new OpenAI({
  baseURL: 'http://headgate/v1',
  apiKey: 'unused',
  fetch: gateway.fetchFor({ tenantId: 'acme', feature: 'chat' }),
})

const stream = await openai.chat.completions.create({
  model: 'fast-small',
  stream: true,
  messages: [{ role: 'user', content: 'Tell me about canals.' }],
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
process.stdout.write('\n')
await gateway.close()
