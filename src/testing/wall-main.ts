/*
 * A wall in a process of its own: `node src/testing/wall-main.ts --port 4200 --log-file wall.jsonl`.
 * The first line it prints is JSON with its `url`; it stops on SIGINT and SIGTERM.
 */
import { parseArgs } from 'node:util'
import { startWall } from './wall.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    'log-file': { type: 'string' },
    plan: { type: 'string' },
    keys: { type: 'string' },
  },
})

const logFile = values['log-file']
const wall = await startWall({
  port: Number(values.port),
  host: values.host,
  ...(logFile === undefined ? {} : { logFile }),
  ...(values.plan === undefined ? {} : { defaultPlan: values.plan }),
  ...(values.keys === undefined ? {} : { keys: values.keys.split(',') }),
})
process.stdout.write(`${JSON.stringify({ url: wall.url, openaiUrl: wall.openaiUrl, pid: process.pid })}\n`)

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void wall.close().then(() => process.exit(0)))
