import { describeClient } from './client.contract.ts'
import { googleClient } from './google.ts'

describeClient(googleClient)
