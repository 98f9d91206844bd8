import { once } from 'node:events'
import { lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { createUnixPlace, groupId } from '../../src/net/unix-place.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'

const plain = { mode: 0o640, group: undefined }

const bind = async (t: Test, path: string): Promise<void> => {
  const server = createServer()
  server.listen(path)
  await once(server, 'listening')
  t.teardown(() => server.close())
}

void t.test('a socket gets its mode and its name, and loses the name', async t => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  const place = createUnixPlace(path, plain)
  await bind(t, place.temporary)
  place.leave()
  await place.take()
  t.same(readdirSync(dir), ['s'])
  t.equal(lstatSync(path).mode & 0o777, 0o640)
  place.leave()
  place.leave()
  t.same(readdirSync(dir), [])
})

void t.test('a file that somebody else has put there is left alone', async t => {
  const dir = makeSocketDir(t)
  const path = join(dir, 's')
  const place = createUnixPlace(path, plain)
  await bind(t, place.temporary)
  writeFileSync(path, 'mine')
  await t.rejects(place.take(), { code: 'EADDRINUSE' })
  place.leave()
  t.ok(readdirSync(dir).includes('s'))
})

void t.test('an unusable path or group is an error at once', async t => {
  const dir = makeSocketDir(t)
  t.throws(() => createUnixPlace(join(dir, 'no', 's'), plain), { code: 'ENOENT' })
  t.throws(() => createUnixPlace(join(dir, 's'), { mode: 0o600, group: 'nobody-of-the-kind' }), {
    code: 'ERR_CONFIG',
  })
})

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
