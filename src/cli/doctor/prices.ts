import type { Config } from '../../config/schema.ts'
import { buildDeploymentBook, type DeploymentBook } from '../../gateway/deployment-book.ts'
import type { Clock } from '../../lib/clock.ts'
import { UNKNOWN_VERSION } from '../../money/ceiling.ts'
import { loadPriceBook, type PriceBook } from '../../money/price-book.ts'
import { isGuessed } from '../../money/price-guess.ts'
import { EndpointError } from '../../providers/endpoint.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Looks at the price of every deployment that the configuration names: without one a model is never called. */
export async function checkPrices(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const book = bookOf(config, await loadPriceBook(clock))
  if (book === null) return []
  const findings: Finding[] = []
  let known = 0
  for (const id of deploymentIds(config)) {
    const deployment = book.deployment(id)
    const [provider = '', model = ''] = [id.slice(0, id.indexOf('/')), id.slice(id.indexOf('/') + 1)]
    const where = `providers.${provider}.models.${model}.price`
    if (!deployment) continue
    if (deployment.price === null)
      findings.push(fail(`price ${id}`, 'not known: every call is refused', `write ${where}`))
    else if (deployment.price.version === UNKNOWN_VERSION)
      findings.push(warn(`price ${id}`, 'not known: its calls count at the ceiling', `write ${where}`))
    else if (isGuessed(deployment.price.version)) {
      const says = `guessed from the shape of its name (${deployment.price.version})`
      findings.push(warn(`price ${id}`, says, `check the name, or write ${where}`))
    } else known += 1
  }
  if (known > 0) findings.unshift(ok('prices', `known for ${known} deployment${known === 1 ? '' : 's'}`))
  return findings
}

/** Null when a provider's settings are wrong, which the look at providers says. */
function bookOf(config: Config, prices: PriceBook): DeploymentBook | null {
  try {
    return buildDeploymentBook(config, prices)
  } catch (error) {
    if (error instanceof EndpointError) return null
    throw error
  }
}

/** Deployments by `provider/model`, from models, tasks and providers, each once. */
function deploymentIds({ models, tasks, providers }: Config): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { deployments } of models.values()) for (const id of deployments) ids.add(id)
  for (const task of tasks.values()) {
    for (const name of [task.default, ...task.fallback]) if (!models.has(name) && name.includes('/')) ids.add(name)
  }
  for (const provider of providers.values()) {
    for (const model of provider.models.keys()) ids.add(`${provider.name}/${model}`)
  }
  return ids
}
