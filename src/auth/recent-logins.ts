import type { Account } from './accounts.ts'

/** A bounded cache of right logins, which drops the least recently used one when it is full. */
export type RecentLogins = {
  readonly add: (key: string, account: Account) => void
  /** The account of a login, if it is still valid; the call counts as use. */
  readonly find: (key: string) => Account | undefined
}

/** @param most maximum number of logins, 1 or more */
export const createRecentLogins = (most: number): RecentLogins => {
  // A Map keeps the order of insertion; a used login moves to its end.
  const logins = new Map<string, Account>()
  const add = (key: string, account: Account): void => {
    logins.delete(key)
    logins.set(key, account)
    if (logins.size <= most) return
    for (const oldest of logins.keys()) {
      logins.delete(oldest)
      return
    }
  }
  return {
    add,
    find: key => {
      const account = logins.get(key)
      if (account?.state === 'valid') add(key, account)
      else logins.delete(key)
      return account?.state === 'valid' ? account : undefined
    },
  }
}
