import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import type { SeededRandom } from '../../src/providers/simulated/random.ts'

/** Values that have broken parsers before. */
const STRANGE: readonly JsonValue[] = [
  ...[null, true, false, 0, -1, 0.1, 1e308, -1e308, 2 ** 53, 4_294_967_296],
  ...[
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\u2028',
    '{}',
    '[]',
    '{"a":',
    'null',
    'data:',
    'data:image/png;base64,%%%',
    'https://[',
    '💥',
  ],
  ...['x'.repeat(70_000), '{'.repeat(200)],
  ...[[], {}, [null], [[]], [{}], { type: null }, { type: 'made_up' }, { type: 'text' }, { text: {} }, { '': '' }],
  ...[{ constructor: 1, toString: 'x' }, nested(60)],
]
const KEYS = [
  'type',
  'role',
  'content',
  'text',
  'id',
  'name',
  'arguments',
  'input',
  'index',
  'usage',
  '',
  'constructor',
  'made_up',
]

function nested(depth: number): JsonValue {
  let value: JsonValue = 'deep'
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { content: value }
  return value
}

/** A copy of a value in which up to four places were changed; `donor` is where other values are taken from. */
export function mutateJson(value: JsonObject, donor: JsonObject, random: SeededRandom): JsonObject {
  const copy = structuredClone(value)
  for (let left = random.between(1, 4); left > 0; left -= 1) changeOnce(copy, donor, random)
  return copy
}

function changeOnce(root: JsonObject, donor: JsonObject, random: SeededRandom): void {
  const places = containersOf(root)
  const place = random.pick(places)
  const keys = Object.keys(place)
  const key = keys.length > 0 ? random.pick(keys) : random.pick(KEYS)
  const set = (value: JsonValue) => {
    if (Array.isArray(place)) place[Math.min(Number(key) || 0, place.length)] = structuredClone(value)
    else place[key] = structuredClone(value)
  }
  switch (random.between(0, 5)) {
    case 0:
      if (Array.isArray(place)) place.splice(Number(key) || 0, 1)
      else delete place[key]
      return
    case 1:
      if (Array.isArray(place)) place.push(...structuredClone(place.slice(0, 3)))
      else place[random.pick(KEYS)] = structuredClone(random.pick(STRANGE))
      return
    case 2:
      set(random.pick(containersOf(donor)))
      return
    case 3:
      if (Array.isArray(place)) place.reverse()
      else set(random.pick(containersOf(root)))
      return
    default:
      set(random.pick(STRANGE))
  }
}

type Container = JsonObject | JsonValue[]

function containersOf(root: JsonObject): Container[] {
  const found: Container[] = [root]
  for (let at = 0; at < found.length && found.length < 500; at += 1) {
    for (const value of Object.values(found[at] ?? {}))
      if (typeof value === 'object' && value !== null) found.push(value)
  }
  return found
}

/** Bytes with up to six changes: bits flipped, pieces cut, doubled, or taken from elsewhere. */
export function mutateBytes(bytes: Buffer, random: SeededRandom): Buffer {
  let changed = Buffer.from(bytes)
  for (let left = random.between(1, 6); left > 0 && changed.length > 0; left -= 1) {
    const at = random.between(0, changed.length - 1)
    const to = Math.min(changed.length, at + random.between(1, 40))
    switch (random.between(0, 4)) {
      case 0:
        changed[at] = (changed[at] ?? 0) ^ (1 << random.between(0, 7))
        break
      case 1:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(to)])
        break
      case 2:
        changed = Buffer.concat([changed.subarray(0, to), changed.subarray(at)])
        break
      case 3:
        changed = Buffer.concat([changed.subarray(0, at), Buffer.from(random.pick(NOISE)), changed.subarray(at)])
        break
      default:
        changed = Buffer.from(changed.subarray(0, at))
    }
  }
  return changed
}

const NOISE = [
  '\n',
  '\r',
  '\r\n\r\n',
  '\n\n',
  ':',
  'data:',
  'data: [DONE]\n\n',
  'event: error\n',
  '{',
  '"',
  '\ufeff',
  '\u0000',
  '\ud83d',
  '[',
  '\\',
]

/** Bytes cut into pieces. */
export function pieces(bytes: Buffer, random: SeededRandom): Buffer[] {
  const cut: Buffer[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + random.between(1, 200))
    cut.push(bytes.subarray(from, to))
    from = to
  }
  return cut
}
