/*
 * Who is here now, for things that come and go with every call.
 *
 * A Set would do, but for how V8 makes room in one: it moves to a new table every so often and leaves in the old one a pointer to the new, and all
 * that the old one held. Once one dead table has outlived two collections of young objects, it keeps the next alive until that is as
 * old, which keeps the one after it, and so on without end: every call that is ever on the roll then lives until the whole heap is
 * collected. That cost a fifth of the CPU time of a small call. Here a place that becomes free is taken by the last on the roll, and
 * nothing is left behind.
 */

/** What can be on one roll. */
export interface OnRoll {
  /** Its place, kept by the roll; -1 off it. */
  rollPlace: number
}

/** Members in no particular order. */
export class Roll<Member extends OnRoll> {
  readonly #members: Member[] = []

  get size(): number {
    return this.#members.length
  }

  /** Takes a member on who is on no roll. */
  add(member: Member): void {
    member.rollPlace = this.#members.length
    this.#members.push(member)
  }

  /** Takes a member off; one who is not on the roll changes nothing. */
  remove(member: Member): void {
    const place = member.rollPlace
    if (this.#members[place] !== member) return
    const last = this.#members.pop()
    if (last && last !== member) {
      this.#members[place] = last
      last.rollPlace = place
    }
    member.rollPlace = -1
  }

  /** Everybody who is on it now, whatever becomes of the roll meanwhile. */
  members(): readonly Member[] {
    return [...this.#members]
  }
}
