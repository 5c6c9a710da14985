import * as z from 'zod'

/** How an answer may look: words, any JSON, or JSON held to a schema. */
export const RESPONSE_MODES = ['text', 'json', 'json_schema'] as const
/** One of them. */
export type ResponseMode = (typeof RESPONSE_MODES)[number]

const toolName = z.string().regex(/^(?:\*|[\x21-\x29\x2b-\x7e]{1,256}\*?)$/, {
  error: 'must be the name of a tool, a beginning with * behind it, or *',
})

/** `allowed_tools`: names of functions, and kinds of tools that providers run. */
export const allowedTools = z.array(toolName)

/** `allowed_response_modes` */
export const allowedResponseModes = z.array(z.enum(RESPONSE_MODES)).min(1)
