import * as z from 'zod'

/** What a trace keeps of the conversation. */
export interface TracingConfig {
  /** `none`: nothing of prompts and answers. */
  readonly content: 'none'
}

/** `tracing` */
export const tracingSection = z
  .strictObject({
    content: z.enum(['none']).prefault('none').describe('What traces keep of prompts and answers. `none`: nothing.'),
  })
  .transform((section): TracingConfig => section)
