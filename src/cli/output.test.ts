import { describe, expect, test } from 'vitest'
import { Output } from './output.ts'

function outputTo(terminal: boolean, json: boolean, env: Record<string, string> = {}) {
  const said = { out: '', err: '' }
  const output = new Output(
    {
      env,
      directory: '.',
      stdout: { write: (text) => (said.out += text), isTTY: terminal },
      stderr: { write: (text) => (said.err += text) },
    },
    json,
  )
  return { said, output }
}

describe('output', () => {
  test('a result is lines for people or one JSON value for programs, and remarks stay out of it', () => {
    for (const json of [false, true]) {
      const { said, output } = outputTo(false, json)
      output.result({ a: [1] }, () => ['one', 'two'])
      output.remark('by the way')
      expect(said).toEqual({ out: json ? '{\n  "a": [\n    1\n  ]\n}\n' : 'one\ntwo\n', err: 'by the way\n' })
    }
  })

  test('a table has columns of one width, numbers to the right', () => {
    const { output } = outputTo(false, false)
    expect(output.table(['tenant', 'calls', 'note'], [['acme', 7, 'x'], ['a-long-name', 1234, null], ['b']])).toEqual([
      'tenant       calls  note',
      'acme             7  x',
      'a-long-name   1234',
      'b',
    ])
  })

  test('a head stands over its numbers, and text can be set to the right like a number', () => {
    const { output } = outputTo(false, false)
    const rows = [
      ['a', 1234567, { right: '0.10' }],
      ['b', null, { right: '10.00' }],
    ]
    expect(output.table(['', 'calls', 'USD'], rows)).toEqual([
      '     calls    USD',
      'a  1234567   0.10',
      'b           10.00',
    ])
  })

  test('a name that would move the cursor or turn text around is shown harmless', () => {
    const { output } = outputTo(true, false, { NO_COLOR: '1' })
    expect(output.table(['name'], [['\u001b[2Jx\u202ey\n']])).toEqual(['name', '?[2Jx?y?'])
  })

  test('progress is drawn where somebody watches, over itself', () => {
    const said = { err: '' }
    const sinks = { stdout: { write: () => true }, directory: '.' }
    const stderr = { write: (text: string) => (said.err += text), isTTY: true }
    const output = new Output({ ...sinks, stderr, env: {} }, false)
    expect(output.watched).toBe(true)
    output.redraw('1 of 2')
    output.redraw('')
    expect(said.err).toBe('\r\u001b[K1 of 2\r\u001b[K')
    expect(new Output({ ...sinks, stderr: { ...stderr, isTTY: false }, env: {} }, false).watched).toBe(false)
  })

  test('colour only where a person looks', () => {
    expect(outputTo(true, false).output.styled('red', 'x')).toBe('\u001b[31mx\u001b[39m')
    expect(outputTo(false, false).output.styled('red', 'x')).toBe('x')
    expect(outputTo(true, true).output.styled('red', 'x')).toBe('x')
    expect(outputTo(true, false, { NO_COLOR: '1' }).output.styled('red', 'x')).toBe('x')
    expect(outputTo(true, false, { TERM: 'dumb' }).output.styled('red', 'x')).toBe('x')
  })
})
