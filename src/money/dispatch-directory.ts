import { type FileHandle, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type AppendFile, createAppendFile } from './append-file.ts'

/** A dispatch file, as far as can be told without reading it all: files of the living may be long, and are looked at often. */
export interface LeftFile {
  readonly name: string
  readonly firstLine: string
  /** When it was last written to or touched, in ms since 1970. */
  readonly touchedMs: number
}

/** Where instances leave their dispatch files. */
export interface DispatchDirectory {
  /** Creates a file. Throws what the system says when it exists or cannot be made. */
  create(name: string): AppendFile
  /** All dispatch files there are, by name. */
  list(): Promise<readonly LeftFile[]>
  /** The text of a file; empty when another instance was quicker. */
  read(name: string): Promise<string>
  /** Deletes a file. Never rejects. */
  remove(name: string): Promise<void>
}

const FIRST_LINE_BYTES = 4096

/** A directory on this machine's disk, made when it is missing; only this user may look into it. */
export async function openDispatchDirectory(path: string): Promise<DispatchDirectory> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  return dispatchDirectory(path)
}

/** A directory that exists. */
export function dispatchDirectory(path: string): DispatchDirectory {
  return {
    create: (name) => createAppendFile(join(path, name)),
    async list() {
      const names = (await readdir(path)).filter((name) => name.endsWith('.jsonl')).sort()
      const files: LeftFile[] = []
      for (const name of names) {
        const file = await readStart(join(path, name))
        if (file) files.push({ name, ...file })
      }
      return files
    },
    read: (name) => readFile(join(path, name), 'utf8').catch(emptyWhenGone),
    remove: (name) => unlink(join(path, name)).catch(() => undefined),
  }
}

/** Another instance was quicker. Any other failure must not pass for a file without attempts. */
function emptyWhenGone(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
  throw error
}

/** A file's first line and time; null when it has just been deleted. */
async function readStart(path: string): Promise<Omit<LeftFile, 'name'> | null> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const { mtimeMs } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_LINE_BYTES), 0, FIRST_LINE_BYTES, 0)
    const [firstLine = ''] = buffer.toString('utf8', 0, bytesRead).split('\n')
    return { firstLine, touchedMs: mtimeMs }
  } catch {
    return null
  } finally {
    await file?.close()
  }
}
