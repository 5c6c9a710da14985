import { expect, test } from 'vitest'
import { csv } from './send-rows.ts'

test('a cell with commas, quotes or line breaks is quoted; nothing is an empty cell', () => {
  const rows = [{ a: 'x,y', b: 'say "hi"', c: 'one\ntwo', d: null, e: undefined, f: 0, g: false }]
  expect(csv(rows)).toBe('a,b,c,d,e,f,g\r\n"x,y","say ""hi""","one\ntwo",,,0,false\r\n')
})

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('text like %j is not run by a spreadsheet', (text) => {
  expect(csv([{ text }])).toContain(`'${text}`)
  expect(csv([{ number: -1.5 }])).toBe('number\r\n-1.5\r\n')
})

test('lists and objects are JSON', () => {
  expect(csv([{ flags: ['a', 'b'], scope: { total: true } }])).toBe(
    'flags,scope\r\n"[""a"",""b""]","{""total"":true}"\r\n',
  )
})
