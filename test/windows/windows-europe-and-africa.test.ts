import { describe } from 'vitest'
import { testWindowsOf } from './whole-decade.ts'

describe('budget windows of Europe and Africa', () => testWindowsOf('europeAndAfrica'))
