import { type OnRoll, Roll } from './roll.ts'

/** Looks at everybody on its roll every so often: one timer for all, where each would need one that nearly never rings. */
export class Rounds<Member extends OnRoll> {
  #roll = new Roll<Member>()
  readonly #everyMs: number
  readonly #look: (member: Member) => void
  readonly #keepsProcess: boolean
  #timer: NodeJS.Timeout | undefined
  /** Timers that a test puts in place of Node's ring no more once it took them away: whoever waits for them is forgotten then. */
  #setBy = setTimeout

  /** `keepsProcess`: whether the process waits for those who are looked at. */
  constructor(everyMs: number, look: (member: Member) => void, keepsProcess: boolean) {
    this.#everyMs = everyMs
    this.#look = look
    this.#keepsProcess = keepsProcess
  }

  /** Takes on who is on no roll. The first look comes after `everyMs` at the latest, and may come at once. */
  add(member: Member): void {
    if (this.#setBy !== setTimeout) this.#roll = new Roll()
    if (this.#roll.size === 0) this.#begin()
    this.#roll.add(member)
  }

  /** Lets go of a member; one who is not on the roll changes nothing. */
  remove(member: Member): void {
    this.#roll.remove(member)
    if (this.#roll.size === 0) clearTimeout(this.#timer)
  }

  #begin(): void {
    this.#setBy = setTimeout
    this.#timer = setTimeout(() => {
      for (const member of this.#roll.members()) this.#look(member)
      if (this.#roll.size > 0) this.#begin()
    }, this.#everyMs)
    if (!this.#keepsProcess) this.#timer.unref()
  }
}
