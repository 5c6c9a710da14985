import { type Fault, findFault } from './fault.ts'
import type { Plan } from './plan.ts'
import type { WireRequest } from './wire-request.ts'
import { wireOf } from './wires.ts'

/** The headers of a reply: the provider's usual ones, then the plan's. An empty content type is left out. */
export function replyHeaders(
  request: WireRequest,
  plan: Plan,
  faults: readonly Fault[],
  contentType: string,
  callNumber: number,
): Readonly<Record<string, string>> {
  const type = findFault(faults, 'content-type')?.value ?? contentType
  return {
    ...(type ? { 'content-type': type } : {}),
    [wireOf(request.dialect).requestIdHeader]: `req_wall_${callNumber}`,
    ...(findFault(faults, 'gzip') ? { 'content-encoding': 'gzip' } : {}),
    ...plan.headers,
  }
}
