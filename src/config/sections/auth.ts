import * as z from 'zod'

/** How callers prove who they are. */
export interface AuthConfig {
  readonly mode: 'keys' | 'none'
}

/** `auth` */
export const authSection = z
  .strictObject({
    mode: z
      .enum(['keys', 'none'])
      .prefault('keys')
      .describe(
        '`keys`: every call carries a virtual key. `none`: no key is asked and every caller is tenant `default`; only on a loopback host.',
      ),
  })
  .transform((section): AuthConfig => section)
