import { execFile } from 'node:child_process'
import { mkdir, statfs } from 'node:fs/promises'
import { promisify } from 'node:util'

/*
 * A disk that can be full at will: a tmpfs of its own, whose size is cut down to what is on it. No filler is written, so a full disk costs no memory. Only
 * root of a Linux machine may mount one; everybody else gets null, and what needs it is left out and said so.
 */

const run = promisify(execFile)

/** A mounted tmpfs. */
export interface SmallDisk {
  readonly path: string
  /** From now on nothing new fits. */
  fill(): Promise<void>
  /** There is room again. */
  free(): Promise<void>
  /** Takes it away with all that is on it. */
  unmount(): Promise<void>
}

/** Size may change between the look and the cut. */
const TRIES = 20

/** Mounts a disk on a folder, made if need be. Null when this process may not. */
export async function mountSmallDisk(path: string, bytes: number): Promise<SmallDisk | null> {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return null
  await mkdir(path, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0755`, 'headgate-chaos', path])
  } catch {
    return null
  }
  const resize = (size: number) => run('mount', ['-o', `remount,size=${size}`, path])
  return {
    path,
    async fill() {
      for (let tries = 1; ; tries += 1) {
        const { blocks, bfree, bsize } = await statfs(path)
        try {
          // A size of 0 would mean no limit.
          return void (await resize(Math.max(1, blocks - bfree) * bsize))
        } catch (error) {
          if (tries === TRIES) throw error
        }
      }
    },
    async free() {
      await resize(bytes)
    },
    async unmount() {
      await run('umount', [path]).catch(() => run('umount', ['-l', path]))
    },
  }
}
