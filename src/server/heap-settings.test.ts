import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { tuneHeap } from './heap-settings.ts'

const MODULE = fileURLToPath(new URL('heap-settings.ts', import.meta.url))

test('a V8 that may not know the flags is left alone', () => {
  expect(tuneHeap('12.4.254.21-node.33')).toEqual([])
  expect(tuneHeap('13.5.212.10-node.1')).toEqual([])
})

test('the V8 that runs here knows every flag that is set, and none is spelled wrong', async () => {
  // V8 complains on stderr of the process, which only another process can see.
  const script = `const { tuneHeap } = await import(${JSON.stringify(MODULE)}); console.log(JSON.stringify(tuneHeap()))`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  expect(stderr).toBe('')
  const [major = 0] = process.versions.node.split('.').map(Number)
  expect(JSON.parse(stdout)).toHaveLength(major < 24 ? 0 : 1)
})
