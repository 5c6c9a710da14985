import { describe } from 'vitest'
import { testWindowsOf } from './whole-decade.ts'

describe('budget windows of the other oceans, and old names', () => testWindowsOf('oceansAndOldNames'))
