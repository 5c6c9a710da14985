/** A wire format, by its OpenTelemetry-like name. */
export type DialectName = 'openai-chat' | 'anthropic-messages'
