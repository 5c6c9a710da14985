import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { operationOf } from '../../src/dialects/registry.ts'
import { runConformance } from './conformance.ts'
import { CLIENTS } from './formats.ts'
import { NoRecordings, type Recording, readRecordings } from './recordings.ts'
import type { Outcome } from './replay.ts'
import { replay } from './replay.ts'
import { startStand } from './stand.ts'
import { failureLines, pairLines, passes, rowsOf, tableLines } from './table.ts'

const FOLDER = join(import.meta.dirname, 'samples')
const recordings = readRecordings(FOLDER)

describe('the conformance run', () => {
  it.each(['1', 'another seed'])(
    'finds that every sample means the same to every client, cut by seed %s',
    async (seed) => {
      const progress: number[] = []
      const outcomes = await runConformance(recordings, { seed, onProgress: (done) => progress.push(done) })
      expect(failureLines(outcomes)).toEqual([])
      const clientsOf = (dialect: DialectName) => CLIENTS.filter((to) => operationOf(to) === operationOf(dialect))
      expect(outcomes.map(({ id }) => id)).toEqual(
        recordings.flatMap(({ id, dialect }) => clientsOf(dialect).map(() => id)),
      )
      expect(progress).toEqual(recordings.map((_, at) => at + 1))
      const total = rowsOf(outcomes).at(-1)
      expect(total?.same.calls).toBe(recordings.filter(({ dialect }) => CLIENTS.includes(dialect)).length)
      expect([total?.same.equal, total?.cross.equal]).toEqual([total?.same.calls, total?.cross.calls])
    },
  )

  it('says where it finds no recordings', () => {
    expect(() => readRecordings(join(FOLDER, 'nowhere'))).toThrow(NoRecordings)
  })
})

/** Alters what the wall answers, so that it is no longer what was recorded. */
interface Planted {
  readonly what: string
  readonly id: string
  readonly from: string
  readonly to: string
  /** What is found, by a client of the same format and of the other. */
  readonly same: RegExp
  readonly cross: RegExp
}

const PLANTED: readonly Planted[] = [
  { what: 'a letter', id: 'a00000000001', from: 'spring', to: 'Spring', same: /^text/, cross: /^text/ },
  { what: 'the model', id: 'a00000000001', from: 'garden-2', to: 'garden-3', same: /^model/, cross: /^model/ },
  { what: 'cached tokens', id: 'a00000000001', from: ':16', to: ':15', same: /usage cached/, cross: /usage cached/ },
  { what: 'reasoning tokens', id: 'a00000000001', from: ':12', to: ':13', same: /usage rea/, cross: /usage rea/ },
  { what: 'reasoning', id: 'a00000000003', from: 'Six, ', to: 'Six. ', same: /^reasoning/, cross: /^reasoning/ },
  { what: 'a refusal', id: 'a00000000004', from: 'rather', to: 'never', same: /^refusal/, cross: /^ref/ },
  { what: 'an argument', id: 'a00000000002', from: '南', to: '北', same: /^arguments/, cross: /^arguments/ },
  { what: 'a tool’s name', id: 'a00000000002', from: '"water"', to: '"wet"', same: /^tool name/, cross: /^tool name/ },
  { what: 'a call’s id', id: 'a00000000002', from: 'call_b', to: 'call_a', same: /^tool call id/, cross: /one id/ },
  { what: 'a lost call', id: 'a00000000002', from: '"water"', to: '""', same: /^1 tool calls/, cross: /^1 tool calls/ },
  { what: 'the finish', id: 'a00000000003', from: '"stop"', to: '"length"', same: /^finish/, cross: /^finish/ },
  { what: 'a piece of a summary', id: '700000000001', from: 'So w', to: 'So W', same: /^rea/, cross: /^rea/ },
  { what: 'encrypted reasoning', id: '700000000001', from: 'LXNlY', to: 'LXNlZ', same: /^own blocks/, cross: /^$/ },
  { what: 'a search', id: '700000000004', from: 'poison ivy', to: 'ivy', same: /^own blocks/, cross: /^$/ },
  { what: 'a reason', id: '700000000003', from: 'max_output', to: 'other_', same: /^finish/, cross: /^finish/ },
  { what: 'a failed response', id: '700000000005', from: 'full', to: 'hot', same: /message/, cross: /message/ },
  { what: 'output tokens', id: 'b00000000002', from: ':9}', to: ':8}', same: /usage output/, cross: /usage output/ },
  { what: 'a seal', id: 'b00000000001', from: 'c2VhbA==', to: 'c2VhbB==', same: /^own blocks/, cross: /^$/ },
  {
    what: 'the stop reason',
    id: 'b00000000001',
    from: '"stop_reason":"tool_use"',
    to: '"stop_reason":"max_tokens"',
    same: /^finish/,
    cross: /^finish/,
  },
  { what: 'a plan for tools', id: 'c00000000001', from: 'both', to: 'none', same: /^reasoning/, cross: /^reasoning/ },
  {
    what: 'billed tokens',
    id: 'c00000000002',
    from: 's":14',
    to: 's":15',
    same: /usage output/,
    cross: /usage output/,
  },
  { what: 'why one gave up', id: 'c00000000003', from: 'too hot', to: 'cold', same: /message/, cross: /message/ },
  { what: 'thoughts of Gemini', id: '900000000001', from: 'hm.', to: 'oh.', same: /^reasoning/, cross: /^reasoning/ },
  {
    what: 'thought tokens',
    id: '900000000001',
    from: 't":12',
    to: 't":13',
    same: /usage output/,
    cross: /usage output/,
  },
  { what: 'what tools brought', id: '900000000001', from: ':5,', to: ':6,', same: /usage input/, cross: /usage input/ },
  { what: 'a signature', id: '900000000002', from: 'c2VhbA', to: 'c2VhbB', same: /^own blocks/, cross: /^$/ },
  { what: 'a piece of a call', id: '900000000006', from: 'east', to: 'west', same: /^arguments/, cross: /^arguments/ },
  { what: 'why a key is refused', id: '900000000005', from: 'no gate', to: 'all', same: /message/, cross: /message/ },
  { what: 'an error’s message', id: 'a00000000005', from: 'Slow', to: 'Go', same: /message/, cross: /message/ },
  { what: 'an error in a stream', id: 'a00000000006', from: 'full', to: 'hot', same: /message/, cross: /message/ },
  {
    what: 'a cut that became an end',
    id: 'b00000000003',
    from: 'is"}}',
    to: 'is"}}\n\ndata: {"type":"message_stop"}',
    same: /answer/,
    cross: /answer/,
  },
]

describe('a planted difference', () => {
  it.each(PLANTED)('is caught: $what', async ({ id, from, to, same, cross }) => {
    const recording = recordings.find((each) => each.id === id)
    if (!recording) throw new Error(`there is no sample ${id}`)
    const altered = alter(recording, from, to)
    const stand = await startStand([altered], '1')
    try {
      const [own, other] = await replay(recording, stand)
      expect(own?.differences.join('\n')).toMatch(same)
      expect(other?.differences.join('\n')).toMatch(cross)
    } finally {
      await stand.close()
    }
  })

  it('is caught in the status of an error', async () => {
    const recording = recordings.find(({ response }) => response.status === 429)
    if (!recording) throw new Error('there is no sample of an error')
    const stand = await startStand([{ ...recording, response: { ...recording.response, status: 400 } }], '1')
    try {
      for (const { differences } of await replay(recording, stand)) {
        expect(differences).toEqual([
          'status 400 instead of 429',
          'code invalid_request instead of upstream_rate_limited',
        ])
      }
    } finally {
      await stand.close()
    }
  })
})

function alter(recording: Recording, from: string, to: string): Recording {
  const body = recording.response.body.replace(from, to)
  expect(body).not.toBe(recording.response.body)
  return { ...recording, response: { ...recording.response, body, bytes: Buffer.from(body) } }
}

describe('the verdict', () => {
  const outcome = (to: Outcome['to'], good: boolean): Outcome => {
    const differences = good ? [] : ['text: "a" became "b"', 'finish']
    return { id: 'x', provider: 'p', from: 'openai-chat', to, stream: false, differences, minimal: null }
  }
  const outcomes = (same: number, cross: number) => [
    ...Array.from({ length: 200 }, (_, at) => outcome('openai-chat', at < same)),
    ...Array.from({ length: 200 }, (_, at) => outcome('anthropic-messages', at < cross)),
  ]
  const run = (same: number, cross: number) => rowsOf(outcomes(same, cross))

  it('needs 99.5 % in the same format and 98 % in the others', () => {
    expect(passes(run(199, 196))).toBe(true)
    expect(passes(run(198, 200))).toBe(false)
    expect(passes(run(200, 195))).toBe(false)
  })

  it('is a table, and a line for each failure', () => {
    expect(tableLines(run(199, 196))).toEqual([
      'provider   calls   same %  cross %',
      'p            400    99.50    98.00',
      'total        400    99.50    98.00',
    ])
    expect(pairLines(outcomes(199, 196)).map((line) => line.replace(/ +/g, ' '))).toEqual([
      'recorded \\ client anthropic-messages openai-chat',
      'openai-chat 196/200 199/200',
    ])
    expect(failureLines([outcome('openai-chat', true), outcome('anthropic-messages', false)])).toEqual([
      'x  p  openai-chat -> anthropic-messages: text: "a" became "b" (and 1 more)',
    ])
  })
})
