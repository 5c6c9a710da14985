/*
 * Where a call's data may be computed. A tenant's `region` is residency: its calls go to deployments of that region and to no other, whatever happens to the
 * first choice. A deployment whose region is not known is in none.
 *
 * Clouds name their regions otherwise (`eu-west-1`, `europe-west4`, `swedencentral`). A tenant of `eu` or `us` may use those that lie in it. Names alone do not say so:
 * AWS's `eu-west-2` is London and `eu-central-2` Zurich, so the regions are listed. Any other name covers itself alone.
 */

import type { Deployment } from '../providers/deployment.ts'

/** The regions of AWS, Google Cloud and Azure that lie in the European Union. */
const IN_EU = [
  ...['eu-central-1', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-3', 'eusc-de-east-1'],
  ...['europe-central2', 'europe-north1', 'europe-north2', 'europe-southwest1', 'europe-west1', 'europe-west3'],
  ...['europe-west4', 'europe-west8', 'europe-west9', 'europe-west10', 'europe-west12'],
  ...['austriaeast', 'belgiumcentral', 'denmarkeast', 'francecentral', 'francesouth', 'germanynorth'],
  ...['germanywestcentral', 'italynorth', 'northeurope', 'polandcentral', 'spaincentral', 'swedencentral'],
  ...['swedensouth', 'westeurope'],
]

/** Those that lie in the United States. */
const IN_US = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'us-gov-east-1', 'us-gov-west-1'],
  ...['us-central1', 'us-east1', 'us-east4', 'us-east5', 'us-south1', 'us-west1', 'us-west2', 'us-west3', 'us-west4'],
  ...['centralus', 'eastus', 'eastus2', 'northcentralus', 'southcentralus', 'westcentralus', 'westus', 'westus2'],
  ...['westus3', 'usgovarizona', 'usgovtexas', 'usgovvirginia'],
]

const COVERED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['eu', new Set(IN_EU)],
  ['us', new Set(IN_US)],
])

/** Where a deployment computes this call; null when that is not known, or may be anywhere. */
export function placeOf({ endpoint, model, asked }: Deployment): string | null {
  // Bedrock's global profiles send a call wherever there is room.
  if (endpoint.type === 'bedrock' && /(?:^|\/)global\./.test(model)) return null
  return asked?.geography ?? endpoint.region
}

/** Whether what is computed in a region stays where a tenant's data must. Null is a region that is not known. */
export function liesIn(region: string | null, residency: string): boolean {
  if (region === null) return false
  const [there, wanted] = [region.toLowerCase(), residency.toLowerCase()]
  return there === wanted || (COVERED.get(wanted)?.has(there) ?? false)
}
