import { expect, test } from 'vitest'
import { parsePostmasterFile } from './postmaster-file.ts'

const LINES = ['4711', '/data/postgres', '1790000000', '5433', '', '127.0.0.1', '  2163573        23']

test('tells how far the server is', () => {
  expect(parsePostmasterFile([...LINES, 'ready   ', ''].join('\n'))).toEqual({ pid: 4711, port: 5433, status: 'ready' })
  expect(parsePostmasterFile([...LINES, 'stopping', ''].join('\n'))?.status).toBe('stopping')
  expect(parsePostmasterFile([...LINES, 'starting', ''].join('\n'))?.status).toBe('starting')
})

test('takes a file that is still being written for a server that starts', () => {
  expect(parsePostmasterFile('4711\n/data/postgres\n')).toEqual({ pid: 4711, port: null, status: 'starting' })
})

test('takes a file without a pid for none, as a lost block leaves it', () => {
  for (const text of ['', '\0\0\0\0', 'x\n', '-4711\n/data/postgres\n']) expect(parsePostmasterFile(text)).toBeNull()
})
