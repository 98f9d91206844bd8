import type { Users } from './users-file.ts'

/** How many users were added, removed, and given another password. */
export type UsersChange = {
  readonly added: number
  readonly removed: number
  readonly changed: number
}

/** Compares users, in time that grows with their number. */
export const usersChange = (before: Users, after: Users): UsersChange => {
  if (before === after) return { added: 0, removed: 0, changed: 0 }
  let kept = 0
  let changed = 0
  for (const [user, password] of after) {
    const known = before.get(user)
    if (known === undefined) continue
    kept++
    if (known !== password) changed++
  }
  return { added: after.size - kept, removed: before.size - kept, changed }
}

/** Whether the users and their passwords are the same, in any order. */
export const sameUsers = (before: Users, after: Users): boolean => {
  const { added, removed, changed } = usersChange(before, after)
  return added + removed + changed === 0
}
