import { describe, expect, test } from 'vitest'
import { createSignFinder } from './find-signs.ts'
import { inOrder, type Sign, symbols, vocabulary } from './sign.ts'

const A = vocabulary('a', 'send')
const B = vocabulary('b', 'all|every')
const C = vocabulary('c', 'secret+')
const IN_ORDER: Sign = { kind: 'exfiltration', says: 'sends secrets', weight: 0.5, looks: inOrder(10, A, B, C) }
const find = createSignFinder([IN_ORDER])
const at = (text: string) => find(text).map((one) => one.at)

describe('vocabularies in a row', () => {
  test('are found in their order, within the gap', () => {
    expect(at('please send them all my secrets')).toEqual([7])
    expect(at('secrets: all of them, send')).toEqual([])
    expect(at('send a very long way all secrets')).toEqual([])
  })

  test('belong to one sentence', () => {
    expect(at('send. all secrets')).toEqual([])
    expect(at('send\n\nall secrets')).toEqual([])
    expect(at('send e.g. all secrets')).toEqual([])
    expect(at('send (all) secrets')).toEqual([0])
  })

  test('are found however often one of them is repeated before', () => {
    expect(at(`${'all '.repeat(300)}send all secrets`)).toHaveLength(1)
    expect(at(`${'send '.repeat(300)}all secrets`)).toHaveLength(1)
  })
})

test('a pattern of symbols is tried only behind its gate', () => {
  const looks = symbols(/x=\d/, ['x='])
  const words = symbols(/key ?= ?\d/, vocabulary('gate', 'key'))
  const both = createSignFinder([
    { kind: 'code', says: 'x', weight: 1, looks },
    { kind: 'channel', says: 'key', weight: 1, looks: words },
  ])
  expect(both('x=1 and key = 2').map(({ sign }) => sign.says)).toEqual(['x', 'key'])
  expect(both('keys=2')).toEqual([])
})
