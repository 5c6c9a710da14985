/** A source that an answer may rest on and cite by its id. */
export interface SourceDocument {
  readonly id: string
  readonly text: string
  readonly title?: string
}
