import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { SKIP_REASONS } from './skip-reasons.ts'

const page = readFileSync(new URL('../../docs/reference/skip-reasons.md', import.meta.url), 'utf8')
const guide = readFileSync(new URL('../../docs/guide/routing.md', import.meta.url), 'utf8')
const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)

describe('docs/reference/skip-reasons.md', () => {
  test('has a heading for every reason and no other, in the order of the table', () => {
    expect(headings).toEqual(Object.keys(SKIP_REASONS))
  })

  test('says how many are found before the call, at a limit, and at their turn, in this order', () => {
    const moments = Object.values(SKIP_REASONS)
    expect(moments).toEqual(moments.toSorted((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other)))
    const counts = ORDER.map((moment) => WORDS[moments.filter((one) => one === moment).length])
    expect(page).toContain(
      `The first ${counts[0]} are found before the call, the next ${counts[1]} at a limit or a budget, the last ${counts[2]} when`,
    )
  })

  test('is what the guide speaks of, where it names those that are found before the call', () => {
    for (const [reason, moment] of Object.entries(SKIP_REASONS)) {
      if (moment === 'route') expect(guide).toContain(`\`${reason}\``)
    }
  })
})

const ORDER = ['route', 'limit', 'turn'] as const
const WORDS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven']
