import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { requestRow, spanRow, usageRow } from '../contracts/samples.contract.ts'
import type { Columns } from './column.ts'
import { encodeRow, type Stored } from './encode-rows.ts'
import { REQUEST_COLUMNS } from './request-columns.ts'
import { requestRecord } from './request-record.ts'
import { SPAN_COLUMNS } from './span-columns.ts'
import { spanRecord } from './span-record.ts'
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

describe('a record that is written out says what its columns say', () => {
  test('of a usage row', () => {
    sameAsColumns(USAGE_COLUMNS, usageRecord, usageRow())
  })

  test('of a request', () => {
    sameAsColumns(REQUEST_COLUMNS, requestRecord, { ...requestRow({ dropped: ['seed'], flags: ['x'] }), id: 'at_1' })
    sameAsColumns(REQUEST_COLUMNS, requestRecord, { ...requestRow({ decision: undefined }), id: 'at_1' })
  })

  test('of a span', () => {
    const instants = fc.double({ noNaN: false })
    fc.assert(
      fc.property(instants, instants, (start, end) => {
        sameAsColumns(SPAN_COLUMNS, spanRecord, spanRow({ start, end, attributes: { tokens: 3, model: 'm' } }))
      }),
      { numRuns: 20 },
    )
  })
})
