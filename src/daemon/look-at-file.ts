import { stat } from 'node:fs/promises'
import { codeOf } from '../core/fail.ts'

/**
 * What a file looks like: a text that is another one after each change of the file, also if it was replaced by
 * a rename, or if a symbolic link on its path leads elsewhere. A file that cannot be looked at has the code of
 * the error.
 *
 * @returns never rejects; null for what is no regular file: reading a pipe again would wait for its writer
 */
export const lookAtFile = async (path: string): Promise<string | null> => {
  try {
    const found = await stat(path, { bigint: true })
    const { dev, ino, size, mtimeNs, ctimeNs } = found
    return found.isFile() ? [dev, ino, size, mtimeNs, ctimeNs].join(' ') : null
  } catch (error) {
    return codeOf(error)
  }
}
