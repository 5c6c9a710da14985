import { writeFileSync } from 'node:fs'
import { configJsonSchema } from './json-schema.ts'
import { referencePage } from './reference-page.ts'

// Run after a change of the grammar: `node src/config/write-json-schema.ts`. A test fails while the files are behind.

const reference = new URL('../../docs/reference/', import.meta.url)
writeFileSync(new URL('headgate.schema.json', reference), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
writeFileSync(new URL('config.md', reference), referencePage())
