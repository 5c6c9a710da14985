import { type Fault, findFault } from './fault.ts'
import { plainWrite, type Step } from './step.ts'

/** The steps of a reply that is one body, its headers included. */
export function bodySteps(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  outcome: 'completed' | 'error',
  tokens = 0,
): readonly Step[] {
  return [
    { do: 'head', status, headers: { ...headers, 'content-length': String(body.length) } },
    { do: 'settle', outcome },
    ...(body.length > 0 ? [plainWrite(body, tokens)] : []),
    { do: 'end' },
  ]
}

/** The steps of a body that is cut in the middle, when a fault with a place asks for that. Null when none does. */
export function halfBodySteps(
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  faults: readonly Fault[],
): readonly Step[] | null {
  const half = plainWrite(body.subarray(0, Math.ceil(body.length / 2)))
  const head: Step = { do: 'head', status: 200, headers: { ...headers, 'content-length': String(body.length) } }
  const settle: Step = { do: 'settle', outcome: 'cut' }
  const stall = findFault(faults, 'stall')
  const cut = findFault(faults, 'cut')
  if (cut) return [head, half, settle, { do: 'break', how: cut.how ?? 'close' }]
  if (stall)
    return [
      head,
      half,
      { do: 'wait', ms: stall.forMs ?? Number.POSITIVE_INFINITY },
      settle,
      { do: 'break', how: 'close' },
    ]
  if (findFault(faults, 'eof')) return [{ do: 'head', status: 200, headers }, settle, half, { do: 'end' }]
  return null
}
