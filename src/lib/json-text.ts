/** A value that is written out as JSON already: who wrote much of it before need neither make it again nor walk through it. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}
