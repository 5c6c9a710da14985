import { extensionsOf } from '../own-extensions.ts'

/** This format's name. */
export const DIALECT = 'google-generate-content'

/** What stands for the thought signature of a call that Gemini did not make. */
export const FOREIGN_CALL_SIGNATURE = 'skip_thought_signature_validator'

/** What only this format can say, and how it is carried. */
export const { asExtensions, ownExtensions, reportForeign } = extensionsOf(DIALECT)
