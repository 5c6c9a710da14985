import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { indentFlow } from './flow-indent.ts'

const meaning = (text: string) => parse(indentFlow(text)?.text ?? text)

describe('pasted JSON', () => {
  test('without any indentation, on the line of its key', () => {
    const text = 'tasks: {\n"a": {\n"default": "x"\n},\n"b": [1,\n2]\n}\nmodels: 1\n'
    expect(() => parse(text)).toThrow()
    expect(meaning(text)).toEqual({ tasks: { a: { default: 'x' }, b: [1, 2] }, models: 1 })
  })

  test('below its key', () => {
    expect(meaning('tasks:\n{\n"a": 1\n}\nmodels: 1\n')).toEqual({ tasks: { a: 1 }, models: 1 })
  })

  test('below a key that is itself inside something', () => {
    expect(meaning('tasks:\n  a: {\n"default": "x"\n}\n  b: 1\n')).toEqual({ tasks: { a: { default: 'x' }, b: 1 } })
  })

  test('indented with tabs', () => {
    expect(meaning('tasks:\n{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n')).toEqual({ tasks: { a: { b: 1 } } })
  })

  test('with brackets and quotes inside its texts', () => {
    expect(meaning('a: {\n"x": "} ] \\" {",\n"y": \'it\'\'s }\'\n}\nb: 1\n')).toEqual({
      a: { x: '} ] " {', y: "it's }" },
      b: 1,
    })
  })

  test('with comments around it', () => {
    expect(meaning('# { not open\na: { # [ nor this\n"x": 1 }\nurl: http://h/{id}\nb: 1\n')).toEqual({
      a: { x: 1 },
      url: 'http://h/{id}',
      b: 1,
    })
  })

  test('keeps every line and says how far each was moved', () => {
    const text = 'tasks: {\n"a": 1\n}\nb: 2'
    const indented = indentFlow(text)
    expect(indented?.text.split('\n')).toHaveLength(4)
    expect([1, 2, 3, 4].map((line) => indented?.addedBefore(line))).toEqual([0, 2, 2, 0])
  })

  test('is left alone when there is none', () => {
    expect(indentFlow('a: 1\nb: [1, 2]\nc: { d: 1 }\n')).toBeNull()
  })
})
