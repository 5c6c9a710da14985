import { readFileSync } from 'node:fs'
import type { CanonicalRequest } from '../../../src/canonical/request.ts'

/** A question, and whether a weak and a strong model answered it well. */
export interface Question {
  readonly prompt: string
  /** The subject or set it is from: what was learned of some subjects is tried on others. */
  readonly subject: string
  readonly weakOk: boolean
  readonly strongOk: boolean
}

/** Reads a file of JSON lines with `prompt`, `task`, `weak_ok` and `strong_ok`. Throws Error for a line that is none, with its number. */
export function readQuestions(file: string): Question[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, at) => (line.trim() === '' ? [] : [question(line, `${file}:${at + 1}`)]))
}

function question(line: string, place: string): Question {
  const row: unknown = JSON.parse(line)
  const { prompt, task, weak_ok, strong_ok } = row as Record<string, unknown>
  if (typeof prompt !== 'string' || typeof weak_ok !== 'boolean' || typeof strong_ok !== 'boolean') {
    throw new Error(`${place}: needs prompt (text), weak_ok and strong_ok (true or false)`)
  }
  return { prompt, subject: String(task ?? ''), weakOk: weak_ok, strongOk: strong_ok }
}

/** A call that asks it. */
export function callOf({ prompt }: Question): CanonicalRequest {
  return { model: 'any', stream: false, messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }] }
}
