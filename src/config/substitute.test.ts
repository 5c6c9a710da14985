import { describe, expect, test } from 'vitest'
import { substitute } from './substitute.ts'

const env = { KEY: 'sk-1', EMPTY: '' }

describe('variables in a text', () => {
  test.each([
    ['plain', 'plain'],
    [`\${KEY}`, 'sk-1'],
    [`Bearer \${KEY}!`, 'Bearer sk-1!'],
    [`\${KEY}\${KEY}`, 'sk-1sk-1'],
    [`\${MISSING:-4100}`, '4100'],
    [`\${MISSING:-}`, ''],
    [`\${EMPTY:-default}`, 'default'],
    [`\${KEY:-default}`, 'sk-1'],
    [`\${MISSING:-http://a:1/b}`, 'http://a:1/b'],
    [`$\${KEY}`, `\${KEY}`],
    ['$KEY', '$KEY'],
  ])('%s becomes %s', (text, filled) => {
    expect(substitute(text, env)).toMatchObject({ text: filled, faults: [] })
  })

  test.each([`\${MISSING}`, `\${EMPTY}`, `\${toString}`, `\${__proto__}`])('%s is not set', (text) => {
    expect(substitute(text, env).faults).toHaveLength(1)
    expect(substitute(text, env).faults[0]).toContain('is not set')
  })

  test.each([`\${}`, `\${A-b}`, `\${1A}`, `\${KEY`, `\${ KEY }`, `\${KEY:?no}`])('%s cannot be read', (text) => {
    expect(substitute(text, env).faults).toEqual([expect.stringContaining('cannot be read')])
  })

  test('what a variable holds is not looked into again', () => {
    expect(substitute(`\${NESTED}`, { ...env, NESTED: `\${KEY}` }).text).toBe(`\${KEY}`)
  })

  test('no fault quotes the value of a variable', () => {
    expect(substitute(`\${KEY} \${KEY`, { KEY: 'sk-secret' }).faults.join()).not.toContain('sk-secret')
  })
})
