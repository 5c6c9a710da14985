import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { requestRow, spanRow, usageRow } from '../contracts/samples.contract.ts'
import type { Columns } from './column.ts'
import { decodeRow, encodeRow, type Stored } from './encode-rows.ts'
import { packRequest } from './pack-request.ts'
import { packUsage } from './pack-usage.ts'
import { type PackedRow, packedRow } from './packed-rows.ts'
import { REQUEST_COLUMNS } from './request-columns.ts'
import { SPAN_COLUMNS } from './span-columns.ts'
import { spanGroups, spanRowsIn } from './span-groups.ts'
import { USAGE_COLUMNS } from './usage-columns.ts'
import { usageRecord } from './usage-record.ts'

const ODD = [null, '', 'text', 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, true, -5n, 10n ** 30n]

/** Samples in which some fields have another value of their kind, and some a value that no column holds as it is. */
function* changed<Row extends object>(sample: Row): Generator<Row> {
  yield sample
  for (const field of Object.keys(sample) as (keyof Row)[]) {
    for (const odd of ODD) {
      const fits = odd === null ? sample[field] === null || field === 'ttftMs' : typeof odd === typeof sample[field]
      if (fits) yield { ...sample, [field]: odd }
    }
  }
}

function sameAsColumns<Row extends object>(columns: Columns<Row>, record: (row: Row) => Stored, sample: Row): void {
  for (const row of changed(sample)) {
    expect(record(row)).toEqual(encodeRow(columns, row))
    expect(Object.keys(record(row))).toEqual(Object.keys(encodeRow(columns, row)))
  }
}

function packedAsColumns<Row extends object>(columns: Columns<Row>, pack: (row: Row) => PackedRow, sample: Row): void {
  for (const row of changed(sample)) expect(pack(row)).toEqual(packedRow(columns, row))
}

describe('a record that is written out says what its columns say', () => {
  test('of a usage row', () => {
    sameAsColumns(USAGE_COLUMNS, usageRecord, usageRow())
  })

  test('of a usage row that is packed', () => {
    packedAsColumns(USAGE_COLUMNS, packUsage, usageRow())
  })

  test('of a request that is packed', () => {
    for (const row of changed({ ...requestRow({ dropped: ['seed'], flags: ['x'] }), id: 'at_1' })) {
      expect(packRequest(row, row.id)).toEqual(packedRow(REQUEST_COLUMNS, row, 'decision'))
    }
  })

  test('of a span', () => {
    const instants = fc.double({ noNaN: false })
    fc.assert(
      fc.property(instants, instants, (start, end) => {
        for (const row of changed(spanRow({ start, end, attributes: { tokens: 3, model: 'm' } }))) {
          const said = encodeRow(SPAN_COLUMNS, row)
          // Of times after the year 2255, a number does not hold the microseconds.
          const { start, end, ...same } = decodeRow(SPAN_COLUMNS, said)
          const told = { ...same, start: expect.closeTo(start, 1), end: expect.closeTo(end, 1) }
          expect(spanGroups([row]).flatMap(spanRowsIn)).toEqual([told])
        }
      }),
      { numRuns: 20 },
    )
  })
})

test('spans that follow one another share what they have in common, and no others do', () => {
  const spans = ['a', 'a', 'b', 'a'].map((traceId, at) => spanRow({ traceId, id: String(at) }))
  const stranger = spanRow({ traceId: 'a', id: '4', tenantId: 'somebody else' })
  const groups = spanGroups([...spans, stranger])
  expect(groups.map(([traceId, tenantId, , , , own]) => [traceId, tenantId, own.map((values) => values[7])])).toEqual([
    ['a', spans[0]?.tenantId, ['0', '1']],
    ['b', spans[0]?.tenantId, ['2']],
    ['a', spans[0]?.tenantId, ['3']],
    ['a', 'somebody else', ['4']],
  ])
})
