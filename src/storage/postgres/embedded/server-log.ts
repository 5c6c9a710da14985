import { type FileHandle, open, rename } from 'node:fs/promises'

const ROTATE_AT_BYTES = 4 * 1024 * 1024

/** The server's log file, open for one start. */
export interface ServerLog {
  /** What the server writes to. */
  readonly descriptor: number
  /** What was written since it was opened, at most the last 16 kB of it. */
  written(): Promise<string>
  /** Closes our side; the server's stays open. */
  close(): Promise<void>
}

/** Opens the log for appending. A long one is set aside as `.1` first: nobody else writes to it between two servers. */
export async function openServerLog(path: string): Promise<ServerLog> {
  let file = await open(path, 'a+', 0o600)
  if ((await file.stat()).size > ROTATE_AT_BYTES) {
    await file.close()
    await rename(path, `${path}.1`)
    file = await open(path, 'a+', 0o600)
  }
  const { size: begin } = await file.stat()
  return { descriptor: file.fd, written: () => readFrom(file, begin), close: () => file.close() }
}

async function readFrom(file: FileHandle, begin: number): Promise<string> {
  const { size } = await file.stat()
  const from = Math.max(begin, size - 16_384)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - from)), { position: from })
  return buffer.toString('utf8', 0, bytesRead)
}
