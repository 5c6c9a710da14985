import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { type ChatDialect, PARAMETERS, type ParameterRow, REFERENCE_MODELS, type Treatment } from './parameters.ts'
import { dialectOf } from './registry.ts'

/* The table of parameters says what the encoders do, and the page says what the table does. */

const FORMATS = Object.keys(REFERENCE_MODELS) as ChatDialect[]
const PLAIN: JsonObject = { model: 'm', messages: [{ role: 'user', content: 'x' }] }

function encode(dialect: ChatDialect, more: JsonObject) {
  const request = dialectOf('openai-chat').decodeRequest({ ...PLAIN, ...more })
  return dialectOf(dialect).encodeRequest(request, { model: REFERENCE_MODELS[dialect], quirks: {} })
}

function at(body: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = body
  for (const step of path.split('.')) value = isObject(value) ? value[step] : undefined
  return value
}

/** What is asked for: the last field of the body that asks, and the tools that it may need. */
function asked({ asks }: ParameterRow): {
  readonly field: string
  readonly value: JsonValue
  readonly without: JsonObject
} {
  const [field = ''] = Object.keys(asks).slice(-1)
  const { [field]: value = null, ...without } = asks
  return { field, value, without }
}

const innermost = (value: JsonValue): JsonValue => {
  const [only, ...others] = isObject(value) ? Object.values(value) : []
  return only !== undefined && others.length === 0 ? innermost(only) : value
}

describe.each(FORMATS)('in %s', (dialect) => {
  it.each(PARAMETERS.map((row) => [row.parameter, row.in[dialect], row] as const))(
    '%s is $outcome',
    (_, treatment, row) => {
      const { field, value, without } = asked(row)
      const before = encode(dialect, without).body
      if (treatment.outcome === 'refused') {
        const refusal = expect(() => encode(dialect, row.asks))
        refusal.toThrow(GatewayError)
        refusal.toThrow(field)
        return
      }
      const { body, dropped } = encode(dialect, row.asks)
      const place = treatment.field ?? field
      switch (treatment.outcome) {
        case 'same':
          expect([body[field], dropped]).toEqual([value, []])
          break
        case 'renamed':
          expect(place).not.toBe(field)
          expect([at(body, place), dropped]).toEqual([innermost(value), []])
          break
        case 'scaled':
          expect(at(body, place)).toBeDefined()
          expect(at(body, place)).not.toEqual(at(before, place))
          break
        case 'emulated':
          expect(dropped).toEqual([])
          break
        case 'dropped':
          expect(body).toEqual(before)
          expect(dropped.join()).toContain(field)
          break
      }
    },
  )
})

describe('docs/reference/parameters.md', () => {
  it('says what the table says (write it anew with vitest --update)', async () => {
    await expect(page()).toMatchFileSnapshot('../../docs/reference/parameters.md')
  })
})

function page(): string {
  const cell = ({ outcome, field, note }: Treatment) =>
    [outcome, field === undefined ? '' : ` \`${field}\``, note === undefined ? '' : ` (${note})`].join('')
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return `# Parameters

What becomes of each parameter of a call in each wire format, by its name in Chat Completions. Callers of other formats say the same things in their own
words; Headgate reads all of them into one request and writes that in the format of the provider.

- **same**: name and value. **renamed**: the same value under another name. **scaled**: the same wish in other words or numbers.
- **emulated**: said by other means. **dropped**: left out, and named in \`x-headgate-dropped\` and in the trace.
- **refused**: 400 \`unsupported_parameter\`, because the answer would not be what was asked for. A task with a fallback goes on to the next model.

A call whose caller and provider speak the same format is passed on as it is, with every field it has. What differs between hosts of one format is in
[providers](providers.md); what models cannot do is in [capabilities](capabilities.md).

${line(['parameter', ...FORMATS.map((name) => `\`${name}\``)])}
${line(['---', ...FORMATS.map(() => '---')])}
${PARAMETERS.map((row) => line([`\`${row.parameter}\``, ...FORMATS.map((name) => cell(row.in[name]))])).join('\n')}
`
}
