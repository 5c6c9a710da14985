import { describeClient } from './client.contract.ts'
import { langchainChatClient, langchainResponsesClient } from './langchain.ts'

describeClient(langchainChatClient)
describeClient(langchainResponsesClient)
