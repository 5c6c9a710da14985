/** A tool that a call offers. */
export interface OfferedTool {
  /** The function's name, or the kind of a tool that the provider runs. */
  readonly name: string
  /** Where it stands in the caller's body. */
  readonly path: string
}
