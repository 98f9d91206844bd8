import type { Users } from './users-file.ts'

/** A user of one listener, with one password. All connections that logged in as it share the object. */
export type Account = {
  readonly user: string
  /**
   * - valid: its name and password are in force.
   * - removed: they are not any more, so no handshake completes with it. Established connections stay.
   * - revoked: as removed, and its connections are ended.
   */
  state: 'valid' | 'removed' | 'revoked'
}

/** The accounts of one listener. */
export type Accounts = {
  readonly users: Users
  readonly byName: ReadonlyMap<string, Account>
}

/**
 * Creates the accounts of these users. A user whose password is written as before keeps the account; the
 * other accounts of `before` stay valid until `removeAccounts`.
 */
export const createAccounts = (users: Users, before?: Accounts): Accounts => {
  const byName = new Map<string, Account>()
  for (const [user, password] of users) {
    const known = before?.users.get(user) === password ? before.byName.get(user) : undefined
    byName.set(user, known ?? { user, state: 'valid' })
  }
  return { users, byName }
}

/**
 * Marks the accounts that `after` does not have: of removed users, and of those whose password has changed.
 *
 * @param revoke whether their connections are ended
 */
export const removeAccounts = (before: Accounts, after: Accounts, revoke: boolean): void => {
  for (const [user, account] of before.byName)
    if (after.byName.get(user) !== account) account.state = revoke ? 'revoked' : 'removed'
}
