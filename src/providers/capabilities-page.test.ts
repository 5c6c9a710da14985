import { expect, it } from 'vitest'
import { CAPABILITIES, type Capability } from '../canonical/capability.ts'
import type { CapabilityRow } from './capabilities/row.ts'
import { CAPABILITY_ROWS } from './capabilities.ts'

const NEED_TEXT: { readonly [capability in Capability]: string } = {
  chat: 'it asks for words, not for vectors',
  tools: 'it has functions to call; tools that a provider runs itself are not meant',
  images: 'a picture is in it, also in the result of a tool',
  audio: 'a sound is in it',
  files: 'a document is in it; plain text is no document, every format can say it',
  json_schema: 'the answer must follow a JSON Schema; JSON without a schema is not meant',
  reasoning: 'it asks to think: an effort other than `none`, a budget of tokens',
  prefill: 'it ends with an answer that is to be gone on with',
}

function row({ title, examples: [first], at, lacks, source }: CapabilityRow): string {
  return `| ${[
    title,
    `\`${first}\``,
    at?.join(', ') ?? 'anywhere',
    lacks.map((capability) => `\`${capability}\``).join(' '),
    `[${source.date}](${source.url})`,
  ].join(' | ')} |`
}

function page(): string {
  return `# Capabilities

A candidate that cannot do what a call needs is passed over before the call; the trace says so (\`capability_missing\`, with the need by its name), and the next
candidate serves. When nobody is left the call ends with \`no_eligible_model\`, whose message and \`details\` name the need of each candidate.
See [Routing](../guide/routing.md).

| need | a call has it when |
| --- | --- |
${CAPABILITIES.map((capability) => `| \`${capability}\` | ${NEED_TEXT[capability]} |`).join('\n')}

Only what is known to be missing is written down below: a model that no row names is trusted with everything, and its provider has the last word. A
row says what the models cannot do anywhere, or what certain providers refuse. Files, schemas, tools and the word for how much to think are the
host's work, so that one host refuses what another one does for the same model.

- \`reasoning\` is missing where the provider answers an error to a call that asks for it. Where the field is ignored, or left out by Headgate and
  [reported](dialects.md), nothing is missing.
- \`json_schema\` is missing where the provider answers an error, and where its format cannot ask for it.

Models are known by their names, also with a path, a region, a date or a tag around them. A name of your own, such as that of a deployment on Azure, says
what it seems to say: a deployment that is called \`gpt-4\` and runs GPT-4o needs your word.

## Your own word

\`lacks\` of a model under its provider counts more than the table:

\`\`\`yaml
providers:
  azure-openai:
    resource: my-res
    api_key: "\${AZURE_OPENAI_API_KEY}"
    models:
      gpt-4: { lacks: [] }                    # nothing is missing
      my-tuned-model: { lacks: [images, audio, tools] }
\`\`\`

The window and the longest answer are not in this table. They come from the [price book](../guide/prices.md), or from \`context\` and \`max_output\` of the model in your
configuration: a prompt that surely does not fit is \`prompt_too_long\`, and output caps are narrowed to what the model can give.

## What is known to be missing

A model lacks what all rows say that match it. The last column says when this was read, and where.

| models | such as | at | lacks | read |
| --- | --- | --- | --- | --- |
${CAPABILITY_ROWS.map(row).join('\n')}
`
}

it('docs/reference/capabilities.md says what the table says (write it anew with vitest -u)', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/reference/capabilities.md')
})
