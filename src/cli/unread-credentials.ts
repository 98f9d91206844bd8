import { codeOf } from '../core/fail.ts'
import type { ReadFile } from '../config/read-file.ts'

/** Where systemd puts the credentials of a service, for the service's main process alone (systemd.exec(5)). */
const CREDENTIALS = '/run/credentials/'

/** Stands for the content: a users file with one user, which is a token too. */
const STAND_IN = new TextEncoder().encode('unread-credential:x\n')

/** Reads what a configuration names, except credentials of a service that this process may not read. */
export type UnreadCredentials = {
  readonly readFile: ReadFile
  /** The files that were not read, each once. */
  readonly paths: () => readonly string[]
}

/**
 * @param file the configuration itself, which must be read wherever it is
 */
export const createUnreadCredentials = (
  readFile: ReadFile,
  file: string | undefined,
): UnreadCredentials => {
  const unread = new Set<string>()
  return {
    readFile: (path, when) => {
      try {
        return readFile(path, when)
      } catch (error) {
        // Without a service that runs there are none.
        const isHidden = ['EACCES', 'ENOENT'].includes(codeOf(error))
        if (!isHidden || path === file || !path.startsWith(CREDENTIALS)) throw error
        unread.add(path)
        return STAND_IN
      }
    },
    paths: () => [...unread],
  }
}
