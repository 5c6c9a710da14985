import type { CallContext } from '../access/context.ts'
import type { CompiledPromotion } from './policy.ts'
import type { Route } from './resolve-route.ts'

/** The route of a call that a promoted model may not serve: as it was before the promotion, and without the promoted model. */
export function beforePromotion(route: Route, promotion: CompiledPromotion, { risk }: CallContext): Route {
  const former = new Set(promotion.former.map(({ deployment }) => deployment.id))
  const others = route.steps.filter(({ deployment, role }) => role !== 'default' && !former.has(deployment.id))
  return { ...route, steps: [...promotion.former, ...others], text: `${route.text}; not for calls of risk ${risk}` }
}
