import { isObject } from '../lib/json.ts'

/** A scope of the admin API as people write it: `tenant=acme,user=u1`, `total`; with its match, when it has one, `feature=chat if plan=free`. */
export function scopeText(scope: unknown, match: unknown = null): string {
  if (!isObject(scope)) return '–'
  const text = Object.entries(scope)
    .map(([name, value]) => (value === true ? name : `${name}=${value}`))
    .join(',')
  return isObject(match) && Object.keys(match).length > 0 ? `${text} if ${scopeText(match)}` : text
}
