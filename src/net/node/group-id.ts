import { readFileSync } from 'node:fs'
import { fail } from '../../core/fail.ts'

/**
 * The number of a group that is given by name or by number. Names are those of /etc/group; a group
 * that only a directory service knows is given by its number.
 *
 * @throws ERR_CONFIG where /etc/group has no such name
 */
export const groupId = (
  group: string | number,
  read: () => string = () => readFileSync('/etc/group', 'utf8'),
): number => {
  if (typeof group === 'number' || /^\d+$/.test(group)) return Number(group)
  for (const line of read().split('\n')) {
    // name:password:number:members
    const [name, , id = ''] = line.split(':')
    if (name === group && /^\d+$/.test(id)) return Number(id)
  }
  throw fail(
    'ERR_CONFIG',
    `the group "${group}" is not in /etc/group: a name from there or a number is allowed`,
    { found: group },
  )
}
