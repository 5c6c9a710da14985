/*
 * The model inside Headgate: it answers without a key or a network, so that a first run, a demo or a test has something to
 * talk to. It never pretends to be more than that: its names and its texts say "simulated".
 *
 * Everything it does follows from the request: a hash of it seeds the chance that picks sentences, tool arguments and
 * pauses. The same request gives the same events, whether streamed or collected; only `created` is read from the clock.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { type SimulatedAnswer, simulatedAnswer } from './answer.ts'
import { type SimulatedModel, simulatedModels } from './models.ts'
import { promptTokens } from './prompt.ts'
import { hashText, type SeededRandom, seededRandom } from './random.ts'
import { countTokens, tokenize } from './tokens.ts'

/** What a simulation needs from outside. */
export interface SimulateOptions {
  /** `simulated-small` or `simulated-large`. */
  readonly model: string
  /** Ends the answer; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal
  /** Waits that many milliseconds. Default: a timer; tests hand in one that does not wait. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** For `created` only. Default: the machine's. */
  readonly clock?: Clock
}

/**
 * The answer of a simulated model, event by event, at the pace of a hosted one.
 * Throws GatewayError `model_not_found`, `context_length_exceeded` or `unsupported_parameter` before the first event.
 */
export async function* simulate(
  request: CanonicalRequest,
  options: SimulateOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  const model = checkedModel(request, options.model)
  const { signal, sleep = wait, clock = systemClock } = options
  const { stream: _stream, includeUsage: _includeUsage, ...asked } = request
  const hash = hashText(JSON.stringify([model.name, asked]))
  const random = seededRandom(hash)
  const answer = simulatedAnswer(request, model, random)

  await sleep(random.between(...model.firstTokenMs), signal)
  yield {
    type: 'message-start',
    id: `sim_${hash.slice(0, 24)}`,
    model: model.name,
    created: Math.floor(clock.now() / 1000),
  }
  const call = answer.toolCall
  if (call) yield { type: 'tool-call-start', index: 0, id: `call_${hash.slice(24, 48)}`, name: call.name }
  else yield { type: 'text-start', index: 0 }
  for (const piece of pieces(call ? call.arguments : answer.text, random)) {
    await sleep(piece.tokens * random.between(...model.tokenMs), signal)
    if (call) yield { type: 'tool-call-delta', index: 0, arguments: piece.text }
    else yield { type: 'text-delta', index: 0, text: piece.text }
  }
  yield { type: call ? 'tool-call-end' : 'text-end', index: 0 }
  yield {
    type: 'message-end',
    finishReason: answer.finishReason,
    ...(answer.stopSequence === undefined ? {} : { stopSequence: answer.stopSequence }),
  }
  yield { type: 'usage', usage: usageOf(request, answer) }
}

function checkedModel(request: CanonicalRequest, name: string): SimulatedModel {
  const model = simulatedModels.get(name)
  if (!model)
    throw new GatewayError('model_not_found', `There is no simulated model "${name}".`, {
      param: 'model',
      details: { known: [...simulatedModels.keys()] },
    })
  if ((request.choices ?? 1) > 1)
    throw new GatewayError('unsupported_parameter', 'Simulated models give one answer; ask for one choice.', {
      param: 'n',
    })
  const tokens = promptTokens(request)
  if (tokens > model.contextTokens)
    throw new GatewayError(
      'context_length_exceeded',
      `The prompt has ${tokens} tokens; ${name} takes at most ${model.contextTokens}. Shorten it.`,
    )
  return model
}

/** Text cut into the deltas of a stream: one to three tokens each. */
function* pieces(text: string, random: SeededRandom): Generator<{ text: string; tokens: number }> {
  const tokens = tokenize(text)
  for (let at = 0; at < tokens.length; ) {
    const next = tokens.slice(at, at + random.between(1, 3))
    at += next.length
    yield { text: next.join(''), tokens: next.length }
  }
}

function usageOf(request: CanonicalRequest, answer: SimulatedAnswer): Usage {
  const { text, toolCall: call } = answer
  const input = promptTokens(request)
  const output = call ? countTokens(call.name) + countTokens(call.arguments) : countTokens(text)
  return {
    inputUncached: input,
    cacheRead: 0,
    outputText: output,
    reasoning: 0,
    raw: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output, simulated: true },
  }
}

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, signal ? { signal } : {})
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  }
}
