import { anthropicClient } from './anthropic.ts'
import { describeClient } from './client.contract.ts'

describeClient(anthropicClient)
