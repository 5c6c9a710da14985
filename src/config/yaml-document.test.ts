import { describe, expect, test } from 'vitest'
import { type Path, pathText } from './problem.ts'
import { readYaml } from './yaml-document.ts'

const faultsOf = (text: string) => readYaml(text, {}).faults.map(({ path, message }) => [pathText(path), message])
const placeOf = (text: string, path: Path, atKey = false) => {
  const place = readYaml(text, {}).position(path, atKey)
  return place && [place.line, place.column]
}

describe('YAML text', () => {
  test('is plain data, JSON included', () => {
    expect(readYaml('a: 1\nb: [x, "y", true, null, 1.5]\n', {}).value).toEqual({ a: 1, b: ['x', 'y', true, null, 1.5] })
    expect(readYaml('{\n\t"a": { "b": [1] }\n}', {}).value).toEqual({ a: { b: [1] } })
    expect(readYaml('\uFEFFa: 1\r\nb: 2\r\n', {}).value).toEqual({ a: 1, b: 2 })
  })

  test.each(['', '   \n', '# a comment\n', '---\n', 'null', '""'])('%j is empty', (text) => {
    expect(faultsOf(text)).toEqual([['', 'is empty']])
    expect(readYaml(text, {}).value).toBeUndefined()
  })

  test('that is broken is not looked into, and the first lines of trouble are named', () => {
    const document = readYaml('a: 1\nb: [1, 2\nc: "x\n', {})
    expect(document.value).toBeUndefined()
    expect(document.faults.length).toBeGreaterThan(0)
    expect(document.faults.every(({ position }) => (position?.line ?? 0) >= 2)).toBe(true)
  })

  test('a fault of syntax does not quote the text, which may hold a key', () => {
    for (const text of [
      'api_key: sk-secret: x\n',
      '{ a: 1 } sk-secret',
      'a: !sk-secret x',
      'a: "b" sk-secret',
      '@sk-secret',
    ]) {
      const { faults } = readYaml(text, {})
      expect(faults.length, text).toBeGreaterThan(0)
      expect(JSON.stringify(faults), text).not.toContain('sk-secret')
    }
  })

  test('a key written twice is a fault at its second place', () => {
    const { faults } = readYaml('a:\n  b: 1\n  b: 2\n', {})
    expect(faults).toEqual([{ path: ['a', 'b'], message: 'is written twice', position: { line: 3, column: 3 } }])
  })

  test('a second document, an unknown tag and a key that is no name are faults', () => {
    expect(faultsOf('a: 1\n---\nb: 2\n')).toEqual([['', expect.stringContaining('second document')]])
    expect(faultsOf('a: !!js/function x\n')).toEqual([['', expect.stringContaining('tag')]])
    expect(faultsOf('? [a]\n: 1\n')).toEqual([['', 'has a key that is not a name']])
  })

  test.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused and reaches no prototype', (key) => {
    const { value, faults } = readYaml(`tasks:\n  ${key}: { polluted: true }\n`, {})
    expect(faults).toMatchObject([{ path: ['tasks', key] }])
    expect(value).toEqual({ tasks: {} })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('aliases', () => {
  test('repeat what they name', () => {
    expect(readYaml('a: &x { b: 1 }\nc: *x\n', {}).value).toEqual({ a: { b: 1 }, c: { b: 1 } })
  })

  test('a bomb is defused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 12; level += 1) {
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      )
    }
    const { faults, value } = readYaml(lines.join('\n'), {})
    expect(faults.map(({ message }) => message)).toContain('repeats more than 10000 values through aliases')
    expect(JSON.stringify(value).length).toBeLessThan(1_000_000)
  })

  test('one that names itself, and one that names nothing, are faults', () => {
    expect(faultsOf('a: &x [1, *x]\n')).toEqual([['a[1][1]', 'refers to itself through *x']])
    expect(faultsOf('a: *y\n')).toEqual([['a', 'refers to *y, which is not defined above']])
  })
})

describe('depth', () => {
  test('more than any config needs is a fault, once', () => {
    expect(faultsOf(`a: ${'['.repeat(60)}${']'.repeat(60)}`)).toEqual([
      [expect.stringContaining('a[0]'), 'is nested more than 32 levels deep'],
    ])
  })

  test('hostile depth does not end the process', () => {
    for (const text of [
      '['.repeat(50_000),
      '{a: '.repeat(50_000),
      '- '.repeat(50_000),
      `${'['.repeat(3000)}${']'.repeat(3000)}`,
    ]) {
      const { faults } = readYaml(text, {})
      expect(faults.length).toBeGreaterThan(0)
      expect(faults.length).toBeLessThanOrEqual(5)
    }
  })
})

describe('places', () => {
  const text = 'server:\n  port: 1\n  nested:\n    deep: [a,\n      b]\nflow: { x: 1 }\n'

  test.each<[Path, boolean, [number, number]]>([
    [['server', 'port'], false, [2, 9]],
    [['server', 'port'], true, [2, 3]],
    [['server'], false, [1, 1]],
    [['server', 'nested', 'deep', 1], false, [5, 7]],
    [['server', 'nested', 'missing'], false, [3, 3]],
    [['flow', 'x'], false, [6, 12]],
    [['flow', 'y'], true, [6, 1]],
    [['gone'], false, [1, 1]],
  ])('%j (key: %j) is at %j', (path, atKey, place) => {
    expect(placeOf(text, path, atKey)).toEqual(place)
  })

  test('pasted JSON keeps its own lines and columns', () => {
    expect(placeOf('tasks: {\n"a": {\n"default": "x"\n}\n}\n', ['tasks', 'a', 'default'])).toEqual([3, 12])
  })
})
