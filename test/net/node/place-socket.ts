import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import type { linkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { placeSocket } from '../../../src/net/node/place-socket.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { makeStaleSocket } from '../../fixtures/stale-socket-file.ts'

const failing =
  (code: string, before: () => void = () => {}): typeof linkSync =>
  () => {
    before()
    throw Object.assign(new Error(code), { code })
  }

void t.test('the socket gets its name and loses the old one', async t => {
  const dir = makeSocketDir(t)
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  await makeStaleSocket(from)
  const { ino } = lstatSync(from)
  await placeSocket(from, to)
  t.equal(existsSync(from), false)
  t.equal(lstatSync(to).ino, ino)
})

void t.test('a stale socket in its place goes, anything else stays', async t => {
  const dir = makeSocketDir(t)
  const [from, to, file] = [join(dir, 'from'), join(dir, 'to'), join(dir, 'file')]
  writeFileSync(file, 'precious')
  await makeStaleSocket(from)
  await makeStaleSocket(to)
  const { ino } = lstatSync(from)
  await t.rejects(placeSocket(from, file), { code: 'EADDRINUSE' })
  t.equal(readFileSync(file, 'utf8'), 'precious')
  await placeSocket(from, to)
  t.equal(lstatSync(to).ino, ino)
})

void t.test('a file system without links of sockets: renamed, where the place is free', async t => {
  const dir = makeSocketDir(t)
  const [from, to, file] = [join(dir, 'from'), join(dir, 'to'), join(dir, 'file')]
  writeFileSync(file, 'precious')
  await makeStaleSocket(from)
  await t.rejects(placeSocket(from, file, failing('EPERM')), { code: 'EADDRINUSE' })
  t.equal(readFileSync(file, 'utf8'), 'precious')
  await makeStaleSocket(to)
  const { ino } = lstatSync(from)
  await placeSocket(from, to, failing('ENOTSUP'))
  t.equal(lstatSync(to).ino, ino)
  t.equal(existsSync(from), false)
})

void t.test('a place that others take again and again is in use in the end', async t => {
  const dir = makeSocketDir(t)
  const [from, to] = [join(dir, 'from'), join(dir, 'to')]
  let tries = 0
  await t.rejects(
    placeSocket(
      from,
      to,
      failing('EEXIST', () => void tries++),
    ),
    {
      code: 'EADDRINUSE',
      message: 'other processes listen there in turns',
    },
  )
  t.equal(tries, 3)
})

void t.test("any other error is the system's", async t => {
  const dir = makeSocketDir(t)
  await t.rejects(placeSocket(join(dir, 'from'), join(dir, 'to'), failing('EROFS')), {
    code: 'EROFS',
  })
  await t.rejects(placeSocket(join(dir, 'from'), join(dir, 'to')), { code: 'ENOENT' })
})
