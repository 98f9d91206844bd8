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

/** The accounts of one listener's users. */
export type Accounts = {
  /** The account of one of the users, created when it is first asked for. */
  readonly of: (user: string) => Account
  /**
   * Replaces the users. An account whose user has its password written as before stays; the others are marked.
   * It takes time for the accounts that were asked for, not for each user.
   *
   * @param revoke whether their connections are ended
   */
  readonly change: (users: Users, revoke: boolean) => void
}

/** Creates the accounts of these users. */
export const createAccounts = (users: Users): Accounts => {
  let current = users
  const byName = new Map<string, Account>()
  return {
    of: user => {
      const known = byName.get(user)
      if (known) return known
      const account: Account = { user, state: 'valid' }
      byName.set(user, account)
      return account
    },
    change: (next, revoke) => {
      for (const [user, account] of byName) {
        if (next.get(user) === current.get(user)) continue
        account.state = revoke ? 'revoked' : 'removed'
        byName.delete(user)
      }
      current = next
    },
  }
}
