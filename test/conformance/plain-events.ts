/** One server-sent event, plainly. */
export interface PlainEvent {
  readonly event: string
  readonly data: string
}

/**
 * The events of a whole stream, the simple way: line ends made equal, split at blank lines, comments left out. A block that is JSON without
 * `data:` is given as data, because servers write errors that way.
 */
export function plainEvents(body: string): PlainEvent[] {
  const text = body.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  return text.split(/\n\n+/).flatMap((block) => {
    if (block.trimStart().startsWith('{')) return [{ event: '', data: block.trim() }]
    const lines = block.split('\n')
    const data = lines.filter((line) => line.startsWith('data:')).map((line) => fieldValue(line))
    const event = lines.findLast((line) => line.startsWith('event:'))
    return data.length === 0 ? [] : [{ event: event ? fieldValue(event) : '', data: data.join('\n') }]
  })
}

function fieldValue(line: string): string {
  return line.slice(line.indexOf(':') + 1).replace(/^ /, '')
}
