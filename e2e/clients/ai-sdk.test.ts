import { aiAnthropicClient, aiOpenAiCompatibleClient } from './ai-sdk.ts'
import { describeClient } from './client.contract.ts'

describeClient(aiOpenAiCompatibleClient)
describeClient(aiAnthropicClient)
