import type { Billionths } from '../../canonical/amounts.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { storableMoney } from '../columns/column.ts'
import type { SliceGrant, SliceRequest } from '../contracts/ledger-store.ts'
import { windowName } from './window-name.ts'

/** What a window has posted and lent when a loan is decided. */
export interface WindowBooks {
  readonly posted: Billionths
  readonly sliced: Billionths
}

/** What every request gets: see `divideGrants`. */
export interface Division {
  /** False when some window has too little: then nothing at all is lent. */
  readonly lent: boolean
  /** In the order of the requests. */
  readonly grants: readonly SliceGrant[]
}

/**
 * Decides a loan, all requests or none. Each request gets what it wants when the window has it, else whatever is left if that is at
 * least what it needs. The limit is the request's own, so that a changed config counts at once; a limit below what is used leaves 0.
 * Whether anything is recalled is for the caller to find out.
 */
export function divideGrants(
  requests: readonly SliceRequest[],
  booksOf: (request: SliceRequest, index: number) => WindowBooks,
): Division {
  const asks = requests.map((request, index) => {
    const { posted, sliced } = booksOf(request, index)
    const left = larger(storableMoney(request.window.limit) - posted - sliced, 0n)
    const wanted = larger(request.wanted, request.atLeast)
    return { left, fits: left >= request.atLeast, amount: smaller(wanted, left) }
  })
  const lent = asks.every((ask) => ask.fits)
  const grants = asks.map(({ left, amount }) =>
    lent ? { granted: amount, left: left - amount, recalled: false } : { granted: 0n, left, recalled: false },
  )
  return { lent, grants }
}

/** Refuses a loan that names a window twice or asks for less than nothing: a mistake of the caller that would bend the books. */
export function assertLoan(requests: readonly SliceRequest[]): void {
  const names = new Set(requests.map((request) => windowName(request.window)))
  if (names.size !== requests.length) {
    throw new GatewayError('internal', 'A loan names the same budget window twice; ask for the sum.')
  }
  if (requests.some((request) => request.atLeast < 0n || request.wanted < 0n)) {
    throw new GatewayError('internal', 'A loan asks for a negative amount.')
  }
}

function larger(left: Billionths, right: Billionths): Billionths {
  return left > right ? left : right
}

function smaller(left: Billionths, right: Billionths): Billionths {
  return left < right ? left : right
}
