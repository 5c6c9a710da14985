import { describeClient } from './client.contract.ts'
import { openaiChatClient } from './openai-chat.ts'

describeClient(openaiChatClient)
