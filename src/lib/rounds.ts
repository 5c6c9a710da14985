import { type OnRoll, Roll } from './roll.ts'

/** Looks at everybody on its roll every so often: one timer for all, where each would need one that nearly never rings. */
export class Rounds<Member extends OnRoll> {
  readonly #everyMs: number
  readonly #look: (member: Member) => void
  readonly #keepsProcess: boolean
  /** One, unless somebody puts other timers in place of Node's, as tests do: who came before is still looked at by those of that time. */
  readonly #watches: Watch<Member>[] = []

  /** `keepsProcess`: whether the process waits for those who are looked at. */
  constructor(everyMs: number, look: (member: Member) => void, keepsProcess: boolean) {
    this.#everyMs = everyMs
    this.#look = look
    this.#keepsProcess = keepsProcess
  }

  /** Takes on who is on no roll. The first look comes after `everyMs` at the latest, and may come at once. */
  add(member: Member): void {
    this.#watchOf(setTimeout).add(member)
  }

  /** Lets go of a member; one who is not on the roll changes nothing. */
  remove(member: Member): void {
    for (const watch of this.#watches) watch.remove(member)
  }

  #watchOf(wait: typeof setTimeout): Watch<Member> {
    for (const watch of this.#watches) if (watch.wait === wait) return watch
    const watch = new Watch(wait, this.#everyMs, this.#look, this.#keepsProcess)
    this.#watches.push(watch)
    return watch
  }
}

class Watch<Member extends OnRoll> {
  readonly wait: typeof setTimeout
  readonly #stop = clearTimeout
  readonly #roll = new Roll<Member>()
  readonly #everyMs: number
  readonly #look: (member: Member) => void
  readonly #keepsProcess: boolean
  #timer: NodeJS.Timeout | undefined

  constructor(wait: typeof setTimeout, everyMs: number, look: (member: Member) => void, keepsProcess: boolean) {
    this.wait = wait
    this.#everyMs = everyMs
    this.#look = look
    this.#keepsProcess = keepsProcess
  }

  add(member: Member): void {
    if (this.#roll.size === 0) this.#begin()
    this.#roll.add(member)
  }

  remove(member: Member): void {
    this.#roll.remove(member)
    const stop = this.#stop
    if (this.#roll.size === 0) stop(this.#timer)
  }

  #begin(): void {
    const { wait } = this
    this.#timer = wait(() => {
      try {
        for (const member of this.#roll.members()) this.#look(member)
      } finally {
        if (this.#roll.size > 0) this.#begin()
      }
    }, this.#everyMs)
    if (!this.#keepsProcess) this.#timer.unref()
  }
}
