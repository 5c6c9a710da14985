import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** The prototypes in V8's slow form in a process that has loaded a module. */
async function slowAfter(module: string): Promise<string> {
  const file = fileURLToPath(new URL(module, import.meta.url))
  const program = `
    await import(${JSON.stringify(file)})
    const slow = ['String', 'Array', 'Object', 'Function', 'Map', 'Set', 'Number', 'Uint8Array', 'Buffer', 'Promise', 'RegExp', 'BigInt', 'Date']
    console.log(slow.filter((name) => !%HasFastProperties(globalThis[name].prototype)).join())
    process.exit()`
  const flags = ['--allow-natives-syntax', '--input-type=module', '--eval', program]
  return (await promisify(execFile)(process.execPath, flags)).stdout.trim()
}

test('what the service loads leaves the methods of strings and of all else as quick as they were', async () => {
  expect(await slowAfter('../src/server/service.ts')).toBe('')
})
