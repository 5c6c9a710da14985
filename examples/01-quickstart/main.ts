/*
 * One function for all model calls: it says who asks and what for; the gateway decides the rest.
 * Run it from the repository with `npm start -w examples/01-quickstart`. It needs no key: answers are simulated.
 */
import { createGateway, GatewayError } from 'headgate'

const gateway = await createGateway({
  config: {
    version: 1,
    storage: { url: 'memory:' },
    providers: { simulated: {} },
    models: { 'fast-small': ['simulated/simulated-small'], 'balanced-large': ['simulated/simulated-large'] },
    tasks: { support_answer: { default: 'balanced-large', fallback: 'fast-small', max_cost_usd: 0.05 } },
    plans: { starter: { daily_usd_limit: 1 } },
    tenants: { acme: { plan: 'starter', timezone: 'Europe/Berlin' } },
  },
})

try {
  const answer = await gateway.chat({
    tenantId: 'acme',
    userId: 'user-7',
    feature: 'support_agent',
    task: 'support_answer',
    risk: 'read_only',
    promptVersion: 'support-v7',
    messages: [
      { role: 'system', cacheKey: 'support-v7', content: 'You are a patient support agent.' },
      { role: 'user', content: 'Where is my invoice?' },
    ],
  })
  console.log(answer.text)
  console.log({ model: answer.model, route: answer.route, costUsd: answer.costUsd, traceId: answer.traceId })
} catch (error) {
  if (!(error instanceof GatewayError)) throw error
  console.error(`${error.code}: ${error.message}`)
} finally {
  await gateway.close()
}
