import type { CapabilityRow } from './row.ts'

/** What hosts of open weights refuse for some of them. */
export const HOST_ROWS: readonly CapabilityRow[] = [
  {
    title: 'Llama at Groq does not think',
    models: /^llama/,
    examples: ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant', 'meta-llama/llama-4-scout-17b-16e-instruct'],
    at: ['groq'],
    lacks: ['reasoning'],
    source: { url: 'https://console.groq.com/docs/reasoning', date: '2026-11-21' },
  },
  {
    title: 'Llama 2 and 3.0 at Ollama have no tools',
    models: /^llama[23](?:$|:)/,
    examples: ['llama3', 'llama3:8b', 'llama2'],
    at: ['ollama'],
    lacks: ['tools'],
    source: { url: 'https://github.com/ollama/ollama/issues/5793', date: '2026-11-21' },
  },
  {
    title: 'Gemma 1 to 3 at Ollama have no tools',
    models: /^gemma[23]?(?:$|:)/,
    examples: ['gemma3:4b', 'gemma2', 'gemma:7b'],
    at: ['ollama'],
    lacks: ['tools'],
    source: { url: 'https://github.com/ollama/ollama/issues/9680', date: '2026-11-21' },
  },
]
