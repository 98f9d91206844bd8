import { isMapping } from './collections.ts'
import type { ReadUsersFile } from './listener-users.ts'
import type { Finding } from './problem.ts'
import { validPart } from './section.ts'
import { ADMIN, checkToken } from './table/admin.ts'

type TokenOfFile = {
  /** Null if there is no such file, or a mistake. */
  readonly token: string | null
  readonly findings: readonly Finding[]
}

/**
 * Reads the token that `admin.tokenFile` names. A final line break does not belong to it.
 *
 * @param admin the value of `admin`
 * @param read reads a text file; what it throws has a message for people
 */
export const tokenOfFile = (admin: unknown, read: ReadUsersFile): TokenOfFile => {
  const { tokenFile } = validPart(ADMIN, admin)
  if (tokenFile === undefined) return { token: null, findings: [] }
  const problem = (message: string): TokenOfFile => {
    const finding: Finding = { path: ['admin', 'tokenFile'], what: 'value', message }
    return { token: null, findings: [finding] }
  }
  if (isMapping(admin) && 'token' in admin)
    return problem('found a file, and a token beside it; allowed: one of the two')
  let text: string
  try {
    text = read(tokenFile)
  } catch (error) {
    return problem((error as Error).message)
  }
  const token = text.replace(/\r?\n$/, '')
  try {
    checkToken(token)
  } catch (error) {
    return problem(`${tokenFile}: ${(error as Error).message}`)
  }
  return { token, findings: [] }
}
