import { open, type FileHandle } from 'node:fs/promises';

/** What the journal needs of a file that it appends to. */
export interface JournalFile {
  /** Resolves when all bytes are written at this place, not when they are safe. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves when everything written would survive a loss of power. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens or creates; only its owner may read it. */
export async function openJournalFile(path: string): Promise<JournalFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r+');
  } catch {
    handle = await open(path, 'wx+', 0o600);
  }
  return {
    async write(bytes, position) {
      let written = 0;
      while (written < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
        written += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  };
}

/** Makes creations, renames and removals in a folder safe. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
