/** A scope in words: `tenant=acme`, `tenant=acme,user=u1`, `total`. What would break the form is percent-encoded. */
export function scopeText(scope: Readonly<Record<string, string | true>>): string {
  if (scope.total === true) return 'total'
  const pairs = Object.entries(scope).map(([name, value]) => `${name}=${encode(String(value))}`)
  return pairs.sort().join(',')
}

function encode(value: string): string {
  return value.replace(/[%=,]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
