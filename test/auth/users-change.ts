import t from 'tap'
import { sameUsers, usersChange } from '../../src/auth/users-change.ts'

t.test('users that were added, removed, and given another password are counted', async t => {
  const users = (text: string): Map<string, string> =>
    new Map(
      text
        .split(' ')
        .filter(Boolean)
        .map(each => [each.slice(0, 1), each.slice(1)]),
    )
  for (const [before, after, counts] of [
    ['', '', [0, 0, 0]],
    ['a1 b2', 'b2 a1', [0, 0, 0]],
    ['a1', 'a1 b2 c3', [2, 0, 0]],
    ['a1 b2 c3', 'c3', [0, 2, 0]],
    ['a1 b2', 'a2 b1', [0, 0, 2]],
    ['a1 b2 c3', 'b3 d1 e1 c3', [2, 1, 1]],
  ] as const) {
    const { added, removed, changed } = usersChange(users(before), users(after))
    t.same([added, removed, changed], counts, `${before} to ${after}`)
    t.equal(sameUsers(users(before), users(after)), counts.join('') === '000')
  }
  const same = users('a1')
  t.equal(sameUsers(same, same), true)
})
