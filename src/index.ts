/** Headgate as a library: the same engine as the service, in your own process. */
export type {
  AudioPart,
  FilePart,
  ImagePart,
  MediaSource,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from './canonical/content.ts'
export type { Embedding } from './canonical/embedding.ts'
export type { Message, ReasoningRequest, ResponseFormat, Role } from './canonical/request.ts'
export type { FinishReason } from './canonical/response.ts'
export type { StreamEvent } from './canonical/stream-event.ts'
export type { ToolChoice } from './canonical/tool.ts'
export type { Usage } from './canonical/usage.ts'
export { defineConfig } from './config/define-config.ts'
export type { ConfigInput } from './config/schema.ts'
export type { ErrorCode } from './errors/codes.ts'
export { GatewayError } from './errors/gateway-error.ts'
export { createGateway, type Gateway, type GatewayOptions } from './gateway/create-gateway.ts'
export type { Explanation } from './gateway/explain/explanation.ts'
export type { LimitView } from './gateway/explain/limit-views.ts'
export type { FetchFunction } from './gateway/gateway-fetch.ts'
export type { ChatAnswer, ChatStream, ChatUsage } from './gateway/library/chat-answer.ts'
export type {
  CallOptions,
  ChatContext,
  ChatMessage,
  ChatRequest,
  ChatTool,
} from './gateway/library/chat-request.ts'
export type { EmbedAnswer, EmbedRequest } from './gateway/library/embed-request.ts'
export type { ExplainRequest } from './gateway/library/explain-request.ts'
export type { Job, JobOwner, LibraryJobs } from './gateway/library/library-jobs.ts'
export type { LibraryTrace, SpanOptions, TraceOwner } from './gateway/library/library-trace.ts'
export type { Log } from './gateway/log.ts'
