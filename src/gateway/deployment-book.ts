import type { Config } from '../config/schema.ts'
import { ceilingFrom, dearestOf, withToolCeiling } from '../money/ceiling.ts'
import type { PriceBook } from '../money/price-book.ts'
import { isGuessed } from '../money/price-guess.ts'
import type { Deployment, Endpoint, ModelPrice } from '../providers/deployment.ts'
import { buildDeployment } from '../providers/deployments.ts'
import { buildEndpoint } from '../providers/endpoint.ts'
import type { ProviderDefinition } from '../providers/provider.ts'
import { providerDefinition } from '../providers/registry.ts'
import { simulatedModels } from '../providers/simulated/models.ts'

/** Every deployment that a configuration can reach. */
export interface DeploymentBook {
  /** `provider/model`, whether or not the config lists the model; null when the provider is not configured. */
  deployment(id: string): Deployment | null
  /** Deployments known to serve a bare upstream name: listed in the config, or in the price book of the provider. */
  serving(model: string): readonly Deployment[]
  /** Deployments that the config lists by name. */
  readonly listed: readonly Deployment[]
}

/** Names that a stranger may ask for are many; deployments that were built are kept, up to this number. */
const KEPT = 10_000

/** Builds endpoints at once, so that bad settings are found at the start, and deployments when they are first asked for. */
export function buildDeploymentBook(config: Config, prices: PriceBook): DeploymentBook {
  const endpoints = new Map<string, Endpoint>()
  for (const provider of config.providers.values()) {
    endpoints.set(provider.name, buildEndpoint(provider.name, provider, definitionOf(provider.type)))
  }
  const built = new Map<string, Deployment>()

  function build(endpoint: Endpoint, model: string): Deployment {
    const provider = config.providers.get(endpoint.provider)
    const listed = provider?.models.get(model)
    const simulated = endpoint.simulated ? simulatedModels.get(model) : undefined
    const priceProvider = priceProviderOf(endpoint)
    const known =
      simulated && !listed?.price
        ? simulated.price
        : prices.priceOf(priceProvider, model, listed?.price ?? undefined, endpoint.baseUrl)
    return buildDeployment(endpoint, model, {
      price: priceToGoBy(known, endpoint),
      contextTokens: listed?.contextTokens ?? simulated?.contextTokens ?? prices.contextTokens(priceProvider, model),
      maxOutputTokens:
        listed?.maxOutputTokens ?? simulated?.maxOutputTokens ?? prices.maxOutputTokens(priceProvider, model),
      api: listed?.api ?? provider?.api ?? null,
      lacks: listed?.lacks ?? null,
      quality: listed?.quality ?? null,
    })
  }

  /** The known price, or what the operator lets calls without one go by; null: they are refused. */
  function priceToGoBy(known: ModelPrice | null, endpoint: Endpoint): ModelPrice | null {
    if (config.unknownPrice === 'refuse') return known
    if (known) return withToolCeiling(known)
    return config.priceCeiling ? ceilingFrom(config.priceCeiling) : dearestKnown(endpoint)
  }

  /** The dearest price of the price book and of the config; null where all that is known is free. */
  function dearestKnown(endpoint: Endpoint): ModelPrice | null {
    const priceProvider = priceProviderOf(endpoint)
    const written = [...(config.providers.get(endpoint.provider)?.models ?? [])].map(([model, { price }]) =>
      price ? prices.priceOf(priceProvider, model, price, endpoint.baseUrl) : null,
    )
    const known = [prices.ceilingOf(priceProvider), ...written].filter((price) => price !== null)
    const dearest = dearestOf(known)
    return dearest && dearest.input + dearest.output > 0n ? dearest : null
  }

  function deployment(id: string): Deployment | null {
    const known = built.get(id)
    if (known) return known
    const slash = id.indexOf('/')
    const endpoint = endpoints.get(id.slice(0, slash))
    if (slash < 1 || !endpoint || slash === id.length - 1) return null
    const made = build(endpoint, id.slice(slash + 1))
    if (built.size < KEPT) built.set(id, made)
    return made
  }

  function serves(endpoint: Endpoint, model: string): boolean {
    if (config.providers.get(endpoint.provider)?.models.has(model)) return true
    if (endpoint.simulated) return simulatedModels.has(model)
    const price = prices.priceOf(priceProviderOf(endpoint), model, undefined, endpoint.baseUrl)
    return price !== null && !isGuessed(price.version)
  }

  const listed = [...config.providers.values()].flatMap((provider) =>
    [...provider.models.keys()].map((model) => deployment(`${provider.name}/${model}`)),
  )

  return {
    deployment,
    listed: listed.filter((found) => found !== null),
    serving: (model) =>
      [...endpoints.values()]
        .filter((endpoint) => serves(endpoint, model))
        .map((endpoint) => deployment(`${endpoint.provider}/${model}`))
        .filter((found) => found !== null),
  }
}

function definitionOf(type: string): ProviderDefinition {
  const definition = providerDefinition(type)
  if (!definition) throw new RangeError(`there is no provider of type ${type}`)
  return definition
}

/** The provider's name in the price book. */
function priceProviderOf(endpoint: Endpoint): string {
  return definitionOf(endpoint.type).priceProvider ?? endpoint.type
}
