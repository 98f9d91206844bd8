import { accessSync, constants, lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '../../core/fail.ts'

/**
 * What is at the path of a UNIX socket. `no-folder`: its folder does not exist. `no-right`: this user cannot
 * create a file there, or not look.
 */
export type SocketPathState = 'free' | 'socket' | 'other-file' | 'no-folder' | 'no-right'

const NO_RIGHT: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS'])

const failed = (error: unknown): SocketPathState =>
  NO_RIGHT.has(codeOf(error)) ? 'no-right' : 'no-folder'

/** Looks at the path of a UNIX socket, and changes nothing. It never throws. */
export const socketPathState = (path: string, access = accessSync): SocketPathState => {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found) return found.isSocket() ? 'socket' : 'other-file'
    access(dirname(path), constants.W_OK | constants.X_OK)
    return 'free'
  } catch (error) {
    return failed(error)
  }
}
