import { describe } from 'vitest'
import { testWindowsOf } from './whole-decade.ts'

describe('budget windows of Asia and the Indian Ocean', () => testWindowsOf('asia'))
