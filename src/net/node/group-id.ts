import { readFileSync } from 'node:fs'
import { fail } from '../../core/fail.ts'

/**
 * The numeric id of a group given by name or number. Names come from /etc/group; a group of a directory
 * service must be given by number.
 *
 * @throws ERR_CONFIG if /etc/group has no such name
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
