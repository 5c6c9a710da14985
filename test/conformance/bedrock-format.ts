import { isObject, parseJson } from '../../src/lib/json.ts'
import { awsEvent, awsException } from '../../src/testing/aws-event-frame.ts'
import { readBedrock } from './bedrock-meaning.ts'
import type { Ending, Format } from './format.ts'
import type { RecordedResponse } from './recordings.ts'

const ENDINGS: Readonly<Record<string, Ending>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'context',
  tool_use: 'calls',
  content_filtered: 'filter',
  guardrail_intervened: 'filter',
}

/** Amazon Bedrock's Converse, which providers alone speak. */
export const bedrockFormat: Format = {
  dialect: 'bedrock-converse',
  apis: ['bedrock.converse'],
  provider: 'bedrock',
  settings: { region: 'eu-west-1' },
  read: readBedrock,
  ending: ({ finish }) => (finish === null ? 'stop' : (ENDINGS[finish] ?? finish)),
  asSent,
  client: null,
}

/** Some recordings hold streams decoded, a line of JSON for each event under its type: they are framed again. */
function asSent(recorded: RecordedResponse): RecordedResponse {
  if (!/ndjson|decoded-eventstream/.test(recorded.contentType)) return recorded
  const frames = recorded.body.split('\n').flatMap((line) => {
    const event = parseJson(line)
    const [only] = isObject(event) ? Object.entries(event) : []
    if (!only) return []
    const [type, payload] = only
    return [(/Exception$/.test(type) ? awsException : awsEvent)(type, JSON.stringify(payload))]
  })
  return { ...recorded, contentType: 'application/vnd.amazon.eventstream', bytes: Buffer.concat(frames) }
}
