import { describeClient } from './client.contract.ts'
import { openaiResponsesClient } from './openai-responses.ts'

describeClient(openaiResponsesClient)
