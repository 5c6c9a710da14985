import type { DialectName } from '../../../src/canonical/dialect-name.ts'
import { faultsOf } from '../../../src/testing/fault.ts'
import type { WallCall } from '../../../src/testing/index.ts'
import { formatOf } from '../../conformance/formats.ts'
import type { ChoiceMeaning, Meaning } from '../../conformance/meaning.ts'
import type { Part } from './stream-plan.ts'
import type { Turn } from './upstreams.ts'

/** What a provider sent for one attempt: the wall's own record, with every byte of the body. */
export interface Sent {
  readonly turn: Turn
  readonly part: Part
  readonly call: WallCall
  readonly bytes: Buffer
}

/** What was sent, as somebody understands it who knows the vendor's documentation. */
export interface Told {
  /** `perhaps`: its end is in a last event that is not finished, or was still on its way when the connection was reset. */
  readonly whole: 'yes' | 'no' | 'perhaps'
  readonly meaning: Meaning
  readonly choice: ChoiceMeaning | null
  /** Whether anything was said that is part of an answer. */
  readonly spoke: boolean
}

/** A body in which nothing can be read, whatever it holds. */
const UNREADABLE = new Set(['compressed'])

/** What an attempt was told. */
export function toldBy({ part, call, bytes }: Sent): Told {
  const status = call.status ?? 0
  const all = read(part.dialect, status, part.dialect === 'bedrock-converse' ? wholeMessages(bytes) : bytes)
  const choice = all.choices[0] ?? null
  const spoke = choice !== null && hasContent(choice)
  if (status !== 200 || UNREADABLE.has(part.trouble)) return { whole: 'no', meaning: all, choice, spoke: false }
  const strict = part.dialect === 'bedrock-converse' ? all : read(part.dialect, status, wholeEvents(bytes))
  const isWritten = strict.stream?.complete === true && !all.error
  const whole = isWritten && !isReset(part) ? 'yes' : all.stream?.complete ? 'perhaps' : 'no'
  return { whole, meaning: all, choice, spoke }
}

/**
 * Whether usage may have been told amiss, or too late: once an answer is complete a gateway waits two seconds for more, and in small pieces on a busy machine that may
 * be too short.
 */
export function mayLackUsage({ part }: Sent): boolean {
  return part.trouble === 'usage amiss' || faultsOf(part.plan.fault).some(({ kind }) => kind === 'slices')
}

/** Whether the system may have thrown away what was written last: a reset takes with it what the other side has not acknowledged. */
function isReset({ plan }: Part): boolean {
  return faultsOf(plan.fault).some((fault) => 'how' in fault && fault.how === 'reset')
}

/** Whether anything in it is part of an answer. */
export function hasContent({ text, reasoning, refusal, calls }: ChoiceMeaning): boolean {
  return text !== '' || reasoning !== '' || refusal !== '' || calls.length > 0
}

function read(dialect: DialectName, status: number, bytes: Buffer): Meaning {
  const format = formatOf(dialect)
  const contentType = dialect === 'bedrock-converse' ? 'application/vnd.amazon.eventstream' : 'text/event-stream'
  return format.read({ status, contentType, body: bytes.toString('utf8'), bytes })
}

const ENDS = ['\n\n', '\r\n\r\n', '\r\r'].map((end) => Buffer.from(end))

/** All events but one whose end did not come. */
function wholeEvents(bytes: Buffer): Buffer {
  return bytes.subarray(
    0,
    Math.max(0, ...ENDS.map((end) => bytes.lastIndexOf(end) + (bytes.includes(end) ? end.length : 0))),
  )
}

/** All binary messages but one whose end did not come. */
function wholeMessages(bytes: Buffer): Buffer {
  let at = 0
  while (at + 16 <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    if (length < 16 || at + length > bytes.length) break
    at += length
  }
  return bytes.subarray(0, at)
}
