/*
 * How V8 keeps house in a process that does nothing but serve.
 *
 * Bodies live outside of V8's heap. Left to itself V8 marks the whole heap, prices and code and all, whenever 64 MB of them were made, which is a
 * hundred calls with a long conversation each; counted with the heap, they wait for as much to be thrown away as is in use. Of the CPU
 * time of a call of 200 KB it takes a third off.
 */
import { setFlagsFromString } from 'node:v8'

const FLAGS = ['--external-memory-accounted-in-global-limit'] as const
/** The first V8 that was seen to know them: an older one complains about what it does not know, and goes on. */
const KNOWN_SINCE = [13, 6] as const

/**
 * Sets V8's flags for the whole process and gives those that were set; none where V8 does not know them. For processes that are the gateway's
 * own: whoever uses the library has a heap of their own to care for.
 */
export function tuneHeap(v8Version = process.versions.v8): readonly string[] {
  const [major = 0, minor = 0] = v8Version.split('.').map(Number)
  const [knownMajor, knownMinor] = KNOWN_SINCE
  if (major < knownMajor || (major === knownMajor && minor < knownMinor)) return []
  for (const flag of FLAGS) setFlagsFromString(flag)
  return FLAGS
}
