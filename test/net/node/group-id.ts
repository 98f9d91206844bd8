import t from 'tap'
import { groupId } from '../../../src/net/node/group-id.ts'

const FILE = 'root:x:0:\nbroken:x:seven:\nwww-data:x:33:ann,bob\n'

void t.test('a name is looked up in /etc/group, a number is taken as it is', async t => {
  t.equal(
    groupId('www-data', () => FILE),
    33,
  )
  t.equal(
    groupId('root', () => FILE),
    0,
  )
  t.equal(groupId('4711'), 4711)
  t.equal(groupId(12), 12)
  t.equal(groupId('root'), 0, 'of this host')
})

void t.test('a name that is not there is an error of the configuration', async t => {
  for (const name of ['nobody-of-the-kind', 'broken', 'www', '']) {
    t.throws(() => groupId(name, () => FILE), {
      code: 'ERR_CONFIG',
      message: `the group "${name}" is not in /etc/group: a name from there or a number is allowed`,
    })
  }
})
