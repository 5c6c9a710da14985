import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { planFromName } from './index.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const guide = read('../../docs/guide/testing.md')
const firstColumn = guide.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []))
const names = firstColumn.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''))

describe('docs/guide/testing.md', () => {
  it('lists only names that are plans', () => {
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter((name) => planFromName(name) === null)).toEqual([])
  })

  it('lists every term that a name can have', () => {
    const terms = [...read('./plan-name.ts').matchAll(/^ {2,4}\[?\/\^(.+)\$\/,/gm)].map(
      ([, pattern]) => new RegExp(`^${pattern}$`),
    )
    const listed = names.flatMap((name) => name.split('+'))
    expect(terms.length).toBeGreaterThan(50)
    expect(terms.filter((term) => !listed.some((name) => term.test(name))).map(String)).toEqual([])
  })

  it('mentions every kind of fault', () => {
    const kinds = new Set([...read('./fault.ts').matchAll(/readonly kind: '([a-z-]+)'/g)].map(([, kind]) => kind ?? ''))
    expect(kinds.size).toBeGreaterThan(25)
    expect([...kinds].filter((kind) => !guide.includes(`\`${kind}`))).toEqual([])
  })
})
