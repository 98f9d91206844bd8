/** Users files that change while the daemon runs, in every way in which files are changed. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { hangUp } from '../fixtures/reload.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd, LogLine } from '../fixtures/start-eyeballd.ts'
import { NOBODY, unlessNobody } from '../fixtures/other-user.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(180_000)
// They mostly wait for the next look at the file.
t.jobs = 2

const target = await tcpTarget(t, echo)
const origin = await httpOrigin(t)

// Root reads a file without permissions.
const notNobody = unlessNobody()

const mountSmall = (folder: string): unknown =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' })

const unmount = (folder: string): unknown => execFileSync('umount', ['-l', folder])

/** Why no disk can be made here that is soon full; false if one can. */
const noSmallDisk = (() => {
  const folder = temporaryDirectory(t)
  try {
    mountSmall(folder)
  } catch {
    return 'a tmpfs cannot be mounted here'
  }
  unmount(folder)
  return false
})()

type Options = {
  readonly engine: 'splice' | 'stream'
  readonly processes: number
  readonly revoke?: boolean
  readonly folder?: string
  readonly uid?: number
}

const begin = async (t: Test, options: Options) => {
  const { engine, processes, revoke = false, folder = temporaryDirectory(t), uid } = options
  const file = join(folder, 'users')
  writeFileSync(file, 'alice:a\nbob:b\n')
  const auth = { usersFile: file, revoke }
  const config = {
    listeners: [{ name: 's', protocol: 'mixed', listen: '127.0.0.1:0', auth }],
    limits: { authFailureDelay: 0 },
    pipe: { engine },
    processes,
  }
  // Another user cannot read the file that the fixture writes.
  const ownFile = join(folder, 'eyeballd.yaml')
  if (uid !== undefined) writeFileSync(ownFile, JSON.stringify(config))
  const eyeballd = await startEyeballd(
    t,
    uid === undefined ? { config } : { args: ['--config', ownFile], uid, gid: uid },
  )
  const logIn = async (user: string, password: string): Promise<number> => {
    const client = await openSocks(eyeballd.address())
    await client.greet([2])
    const status = await client.login(user, password)
    client.destroy()
    return status
  }
  const lines = (): LogLine[] => eyeballd.linesOf('users')
  /** Waits for the next line `users`. */
  const after = async (change: () => void): Promise<LogLine> => {
    const before = lines().length
    change()
    await eyeballd.waitFor(() => lines().length > before, 20_000)
    return lines().at(-1) as LogLine
  }
  /** Who of these may log in, in every process. */
  const who = async (): Promise<string> => {
    const logins = ['alice:a', 'bob:b', 'carol:c', 'dan:d']
    const rounds = Array.from({ length: 4 * processes }, () => logins).flat()
    const found = await Promise.all(
      rounds.map(async login => {
        const [user = '', password = ''] = login.split(':')
        return `${user} ${await logIn(user, password)}`
      }),
    )
    return [...new Set(found)]
      .filter(each => each.endsWith(' 0'))
      .map(each => each.slice(0, -2))
      .join(' ')
  }
  const settles = async (expected: string): Promise<boolean> => {
    const end = performance.now() + 20_000
    while ((await who()) !== expected) if (performance.now() > end) return false
    return true
  }
  return { eyeballd, file, folder, after, who, settles }
}

/** A connection through the proxy. */
const connectAs = async (
  eyeballd: Eyeballd,
  user: string,
  password: string,
): Promise<SocksClient> => {
  const client = await openSocks(eyeballd.address())
  await client.greet([2])
  await client.login(user, password)
  client.sendRequest('127.0.0.1', target.port)
  await client.readReply()
  return client
}

const echoes = async (t: Test, client: SocksClient): Promise<void> => {
  client.write('still here')
  t.equal((await client.read(10)).toString(), 'still here')
}

for (const options of [
  { engine: 'stream', processes: 1 },
  { engine: 'splice', processes: 1 },
  { engine: 'splice', processes: 2 },
] as const) {
  const title = `${options.engine}, processes: ${options.processes}`
  void t.test(title, { buffered: true }, async t => {
    const { eyeballd, file, folder, after, who, settles } = await begin(t, options)
    t.equal(await who(), 'alice bob')
    const bob = await connectAs(eyeballd, 'bob', 'b')

    const counts = (line: LogLine): unknown => [line['added'], line['removed'], line['changed']]
    const renamed = await after(() => {
      writeFileSync(`${file}.new`, 'alice:a\ncarol:c\n')
      renameSync(`${file}.new`, file)
    })
    t.match(renamed, { level: 30, file, error: undefined })
    t.same(counts(renamed), [1, 1, 0], 'replaced by rename')
    t.equal(await who(), 'alice carol')
    await echoes(t, bob)

    t.same(counts(await after(() => writeFileSync(file, 'dan:d\n'))), [1, 2, 0], 'written in place')
    t.equal(await who(), 'dan')

    t.same(counts(await after(() => writeFileSync(file, 'alice:a\nbob:b\n'))), [2, 1, 0])
    t.equal(await who(), 'alice bob')

    for (const name of ['one', 'two']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'one/users'), 'alice:a\n')
    writeFileSync(join(folder, 'two/users'), 'bob:b\n')
    const linked = await after(() => {
      symlinkSync('one', join(folder, 'data'))
      symlinkSync('data/users', `${file}.link`)
      renameSync(`${file}.link`, file)
    })
    t.same(counts(linked), [0, 1, 0], 'a symbolic link in its place')
    const swapped = await after(() => {
      symlinkSync('two', join(folder, 'data.new'))
      renameSync(join(folder, 'data.new'), join(folder, 'data'))
    })
    t.same(counts(swapped), [1, 1, 0], 'as Kubernetes swaps secrets')
    t.equal(await who(), 'bob')

    const gone = await after(() => rmSync(join(folder, 'data')))
    t.match(gone, { level: 50, error: `${file} cannot be read: there is no such file` })
    const empty = await after(() => {
      rmSync(file)
      writeFileSync(file, '')
    })
    t.match(empty, { error: /found no users/ })
    t.match(await after(() => appendFileSync(file, 'half')), { error: /:1: found a line without/ })
    t.equal(await who(), 'bob', 'through all of that')
    t.same(counts(await after(() => appendFileSync(file, ':whole\ncarol:c\n'))), [2, 1, 0])
    t.equal(await who(), 'carol')

    const unended = await after(() => writeFileSync(file, 'carol:c\ndan:d'))
    t.match(unended, { level: 50, error: /its last line has no newline/ })
    t.equal(await who(), 'carol')
    t.match(await hangUp(eyeballd), { error: undefined })
    t.equal(await who(), 'carol dan', 'SIGHUP applies it as it is')
    const cut = await after(() => writeFileSync(file, 'carol:$scry'))
    t.match(cut, { error: /:1: found only the beginning of a \$scrypt\$ hash/ })
    rmSync(file)
    mkdirSync(file)
    t.match(await after(() => {}), { error: `${file} is a folder; allowed: a file` })
    rmSync(file, { recursive: true })
    execFileSync('mkfifo', [file])
    t.match(await after(() => {}), { error: `${file} is a pipe; allowed: a file` })
    t.match(await hangUp(eyeballd), { error: /it is a pipe, and nothing came from it/ })
    // Open for both directions: a writer that writes nothing. At the start it would have 30 s.
    const writer = openSync(file, 'r+')
    t.match(await hangUp(eyeballd), { error: /it is a pipe, and nothing came from it/ })
    closeSync(writer)
    rmSync(file)
    symlinkSync('/dev/zero', file)
    t.match(await hangUp(eyeballd), { error: /it is a device; allowed: a file/ })
    t.equal(await who(), 'carol dan')
    rmSync(file)

    writeFileSync(file, 'alice:a\n')
    await delay(300)
    writeFileSync(file, 'dan:d\n')
    t.ok(await settles('dan'), 'the second of two changes')

    writeFileSync(file, 'alice:a\n')
    t.match(await hangUp(eyeballd), { error: undefined })
    t.equal(await who(), 'alice', 'SIGHUP does not wait')
    eyeballd.kill('SIGHUP')
    writeFileSync(file, 'alice:a\nbob:b\n')
    eyeballd.kill('SIGHUP')
    writeFileSync(file, 'carol:c\n')
    eyeballd.kill('SIGHUP')
    await delay(200)
    writeFileSync(file, 'dan:d\n')
    t.ok(await settles('dan'), 'a change while reloads are under way')
    await echoes(t, bob)
    bob.destroy()
    t.notMatch(eyeballd.output(), /half:|:whole|alice:a/, 'no password in the log')
    await eyeballd.stop(t)
  })

  void t.test(`${title}: revoked logins`, { buffered: true }, async t => {
    const { eyeballd, file, after } = await begin(t, { ...options, revoke: true })
    const all = await Promise.all([
      ...Array.from({ length: 4 }, () => connectAs(eyeballd, 'bob', 'b')),
      connectAs(eyeballd, 'alice', 'a'),
    ])
    const alice = all.at(-1) as SocksClient
    const handshake = await openSocks(eyeballd.address())
    await handshake.greet([2])
    t.equal(await handshake.login('bob', 'b'), 0)
    const idle = await openSocks(eyeballd.address())
    const host = `Host: 127.0.0.1:${origin.port}`
    const login = `Proxy-Authorization: Basic ${Buffer.from('bob:b').toString('base64')}`
    idle.write(`GET ${origin.url}/x HTTP/1.1\r\n${host}\r\n${login}\r\n\r\n`)
    t.equal((await idle.read(12)).toString(), 'HTTP/1.1 200')
    await after(() => writeFileSync(file, 'alice:a\nbob:other\n'))
    await Promise.all([...all.slice(0, 4), handshake, idle].map(({ over }) => over))
    const revoked = (): LogLine[] =>
      eyeballd.linesOf('close').filter(({ reason }) => reason === 'revoked')
    await eyeballd.waitFor(() => revoked().length === 6)
    t.same(new Set(revoked().map(({ user }) => user)), new Set(['bob']))
    await echoes(t, alice)
    await after(() => writeFileSync(file, 'bob:other\n'))
    await alice.over
    await eyeballd.waitFor(() => revoked().length === 7)
    await eyeballd.stop(t)
  })
}

void t.test(
  'a file that may not be read any more',
  { buffered: true, skip: notNobody },
  async t => {
    const folder = temporaryDirectory(t)
    chownSync(folder, NOBODY, NOBODY)
    chmodSync(folder, 0o755)
    const uid = NOBODY
    const { eyeballd, file, after, who } = await begin(t, {
      engine: 'stream',
      processes: 1,
      folder,
      uid,
    })
    t.match(await after(() => chmodSync(file, 0)), { error: /this user may not read it/ })
    t.equal(await who(), 'alice bob')
    const back = await after(() => {
      writeFileSync(file, 'carol:c\n')
      chmodSync(file, 0o644)
    })
    t.match(back, { added: 1, removed: 2 })
    t.equal(await who(), 'carol')
    await eyeballd.stop(t)
  },
)

void t.test('a file on a full disk', { buffered: true, skip: noSmallDisk }, async t => {
  const folder = temporaryDirectory(t)
  mountSmall(folder)
  t.teardown(() => unmount(folder))
  const { eyeballd, file, after, who } = await begin(t, { engine: 'stream', processes: 1, folder })
  const fillDisk = (): void => {
    const fd = openSync(join(folder, 'filler'), 'a')
    try {
      for (;;) writeSync(fd, Buffer.alloc(4096))
    } catch (error) {
      t.match(error, { code: 'ENOSPC' })
    }
    closeSync(fd)
  }
  const cut = await after(() => {
    truncateSync(file, 0)
    fillDisk()
    t.throws(() => writeFileSync(file, 'carol:c\n'), { code: 'ENOSPC' })
  })
  t.match(cut, { error: /found no users/ })
  t.equal(await who(), 'alice bob')
  const back = await after(() => {
    rmSync(join(folder, 'filler'))
    writeFileSync(file, 'carol:c\n')
  })
  t.match(back, { added: 1, removed: 2, error: undefined })
  t.equal(await who(), 'carol')
  await eyeballd.stop(t)
})

void t.test('a pipe is read at the start, and not watched', { buffered: true }, async t => {
  const folder = temporaryDirectory(t)
  const file = join(folder, 'users')
  execFileSync('mkfifo', [file])
  const auth = { usersFile: file }
  const starting = startEyeballd(t, {
    config: {
      // The first read of a pipe empties it.
      listeners: ['s', 't'].map(name => ({ name, protocol: 'socks', listen: '127.0.0.1:0', auth })),
    },
  })
  const writer = execFileSync('sh', ['-c', `printf 'alice:a\\n' > ${file}`], { stdio: 'pipe' })
  t.equal(writer.length, 0)
  const eyeballd = await starting
  await delay(2500)
  for (const name of ['s', 't']) {
    const client = await openSocks(eyeballd.address(name))
    await client.greet([2])
    t.equal(await client.login('alice', 'a'), 0)
    client.destroy()
  }
  t.same(eyeballd.linesOf('users'), [])
  await eyeballd.stop(t)
})
