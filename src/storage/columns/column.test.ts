import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { usdText } from '../../canonical/money.ts'
import { instantFrom, instantText, MOST_MONEY, storableMoney } from './column.ts'
import { decodeRow, encodeRow, storableJson, storableText } from './encode-rows.ts'
import { USAGE_COLUMNS } from './usage-columns.ts'

describe('an instant', () => {
  it('comes back as it went in, to the microsecond', () => {
    const micros = fc.integer({ min: 0, max: 4_102_444_800_000_000 })
    fc.assert(
      fc.property(micros, (micro) => {
        expect(instantFrom(instantText(micro / 1000))).toBe(micro / 1000)
      }),
    )
  })

  it('is read in every form that a server writes', () => {
    const expected = Date.UTC(2026, 10, 21, 2, 37, 0, 120)
    const forms = [
      '2026-11-21 02:37:00.12+00',
      '2026-11-21T02:37:00.120000Z',
      '2026-11-21 08:07:00.12+05:30',
      '2026-11-20 21:37:00.12-05',
    ]
    expect(forms.map(instantFrom)).toEqual(forms.map(() => expected))
  })

  it('that is none becomes the nearest one that there is', () => {
    expect(instantText(Number.NaN)).toBe('1970-01-01T00:00:00.000000Z')
    expect(instantText(-5)).toBe('1970-01-01T00:00:00.000000Z')
    expect(instantText(Number.POSITIVE_INFINITY)).toBe('9999-12-31T00:00:00.000000Z')
  })
})

describe('money', () => {
  it('has at most the digits of numeric(20,9), on either side of zero', () => {
    fc.assert(
      fc.property(fc.bigInt(), (amount) => {
        const stored = storableMoney(amount)
        expect(usdText(stored).replace(/\D/g, '').length).toBeLessThanOrEqual(20)
        if (amount <= MOST_MONEY && amount >= -MOST_MONEY) expect(stored).toBe(amount)
      }),
    )
  })
})

describe('text', () => {
  it('in JSON is what the same text is in a text column, whatever a caller sends', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('', '\0', '\ud83d', '\\u0000', '\\', '\udc00'),
        (text, tail) => {
          const written = storableJson([text + tail])
          expect(JSON.parse(written)).toEqual([storableText(text + tail)])
          expect(storableText(text + tail).isWellFormed()).toBe(true)
        },
      ),
    )
  })
})

describe('a row', () => {
  it('is read from the columns that this version knows; others are left out', () => {
    const record = { ...emptyRecord(), id: 'a', a_later_column: 1 }
    expect(decodeRow(USAGE_COLUMNS, record)).not.toHaveProperty('a_later_column')
  })

  it('of free-form JSON takes a bigint as text rather than failing', () => {
    expect(storableJson([{ estimate: 12n }])).toBe('[{"estimate":"12"}]')
  })
})

function emptyRecord() {
  const instant = instantText(0)
  const row = decodeRow(USAGE_COLUMNS, {
    created_at: instant,
    estimated_cost_usd: '0',
    cost_usd: '0',
    tool_fees_usd: '0',
  })
  return encodeRow(USAGE_COLUMNS, row)
}
