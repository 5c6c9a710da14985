import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Dialect } from './dialect.ts'
import { base64Of, vectorOf } from './embedding-format.ts'
import { DIALECTS } from './registry.ts'

/* What every format for vectors must keep. */

const FORMATS = [...DIALECTS.values()].filter(({ operation }) => operation === 'embeddings')
const target = (model = 'm') => ({ model, quirks: {} })
const again = (body: JsonObject) => JSON.parse(JSON.stringify(body)) as JsonObject

const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 4 })
const vectors = fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 3,
})
const plus = (zero: number) => (zero === 0 ? 0 : zero)

function asking(
  all: readonly string[],
  embedding: CanonicalRequest['embedding'] = { encoding: 'float' },
): CanonicalRequest {
  const content = all.map((text) => ({ type: 'text', text }) as const)
  return { model: 'm', messages: [{ role: 'user', content }], stream: false, embedding }
}

/** Titan takes one text a call; Cohere's models there take several. */
const modelFor = ({ name }: Dialect) => (name === 'bedrock-embeddings' ? 'cohere.embed-v4' : 'm')

describe.each(FORMATS.map((format) => [format.name, format] as const))('%s', (_, format) => {
  const model = modelFor(format)

  it('reads back the texts, their purpose and the length of vectors that it wrote', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('query', 'document'),
        fc.integer({ min: 1, max: 4096 }),
        (all, purpose, dimensions) => {
          const request = { ...asking(all, { encoding: 'float', purpose, dimensions }), model }
          const { body, dropped } = format.encodeRequest(request, target(model))
          expect(dropped).toEqual([])
          expect(format.decodeRequest(again(body), { model, stream: false })).toEqual(request)
        },
      ),
    )
  })

  it('reads back the vectors that it wrote, in their order, and what they cost', () => {
    fc.assert(
      fc.property(vectors, fc.nat(), (all, tokens) => {
        const embeddings = all.map((vector) => vector.map(plus))
        const answer: CanonicalResponse = {
          content: [],
          embeddings,
          finishReason: 'stop',
          usage: { inputUncached: tokens },
        }
        const { embeddings: read, usage } = format.decodeResponse(again(format.encodeResponse(answer, asking(['a']))))
        expect(read).toEqual(embeddings)
        // Bedrock writes the count of Cohere's models into a header.
        if (!(format.name === 'bedrock-embeddings' && all.length > 1)) expect(usage?.inputUncached).toBe(tokens)
      }),
    )
  })

  it('says in the provider’s own words why there are no vectors', () => {
    for (const body of [null, 'x', [], {}, { data: 'x' }, { embeddings: 'x' }, { embedding: 'x!' }]) {
      expect(() => format.decodeResponse(body)).toThrow(GatewayError)
    }
    expect(() => format.decodeResponse({ error: { message: 'too hot' } })).toThrow('too hot')
  })

  it('reports what it cannot say', () => {
    const request = { ...asking(['a']), endUser: 'u', extensions: { 'openai-embeddings': { truncation: true } } }
    const { body, dropped } = format.encodeRequest({ ...request, model }, target(model))
    if (format.name === 'openai-embeddings') expect(body).toMatchObject({ user: 'u', truncation: true })
    else expect(dropped).toEqual(['truncation', 'user'])
  })

  it('has no streams', () => {
    expect(() => format.streamDecoder()).toThrow('no streams')
  })
})

describe('texts that are given as tokens', () => {
  it('stay what they are for the host that knows them, and are refused by all others', () => {
    const openai = DIALECTS.get('openai-embeddings')
    const request = openai?.decodeRequest({ model: 'm', input: [[1, 2], [3]] })
    if (!request) throw new Error('is not spoken')
    for (const format of FORMATS) {
      const encode = () => format.encodeRequest(request, target(modelFor(format))).body
      if (format === openai) expect(encode()).toEqual({ model: 'm', input: [[1, 2], [3]] })
      else expect(encode).toThrow('takes texts')
    }
  })
})

describe('base64', () => {
  it('holds 32-bit floats exactly', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true })), (vector) => {
        expect(vectorOf(base64Of(vector))).toEqual(vector)
      }),
    )
  })
})

it('Titan is asked one text a call and says so', () => {
  const bedrock = DIALECTS.get('bedrock-embeddings')
  const one = bedrock?.encodeRequest(
    asking(['a'], { encoding: 'float', dimensions: 256, purpose: 'query' }),
    target('amazon.titan-embed-text-v2:0'),
  )
  expect(one).toEqual({ body: { inputText: 'a', dimensions: 256 }, dropped: ['input_type'] })
  expect(() => bedrock?.encodeRequest(asking(['a', 'b']), target('amazon.titan-embed-text-v2:0'))).toThrow(
    'one text a call',
  )
  expect(bedrock?.pathOf({ model: 'amazon.titan-embed-text-v2:0', stream: false })).toBe(
    '/model/amazon.titan-embed-text-v2%3A0/invoke',
  )
})
