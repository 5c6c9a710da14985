import { extensionsOf } from '../own-extensions.ts'

/** What only this format can say, and how it is carried. */
export const { asExtensions, ownExtensions, reportForeign } = extensionsOf('bedrock-converse')
