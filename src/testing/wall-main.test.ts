import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('a wall runs in a process of its own, and its log outlives it', async () => {
  const logFile = join(mkdtempSync(join(tmpdir(), 'wall-')), 'calls.jsonl')
  const main = fileURLToPath(new URL('./wall-main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, '--port', '0', '--log-file', logFile, '--plan', 'tokens-4'])
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { openaiUrl, pid } = JSON.parse(line) as { openaiUrl: string; pid: number }
    expect(pid).toBe(child.pid)
    const reply = await fetch(`${openaiUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
    })
    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: 'one two three four' } }] })
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  expect(JSON.parse(readFileSync(logFile, 'utf8'))).toMatchObject({ model: 'm', outcome: 'completed' })
})
