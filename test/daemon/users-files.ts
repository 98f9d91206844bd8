import t from 'tap'
import { withUsersFiles } from '../../src/config/listener-users.ts'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import { fail } from '../../src/core/fail.ts'
import { createUsersFiles, keepFileUsers, usersFileChanges } from '../../src/daemon/users-files.ts'
import { LOOK_INTERVAL_MS } from '../../src/daemon/watch-files.ts'
import type { DaemonEvent } from '../../src/log/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'

const TEXT = `{ listeners: [
  { name: a, protocol: mixed, listen: 1, auth: { usersFile: u, users: { zoe: z } } },
  { name: b, protocol: socks, listen: 2, auth: { usersFile: u } },
  { name: c, protocol: socks, listen: 3, auth: { usersFile: v } },
  { name: d, protocol: forward, listen: 4, target: 'a:1' },
  { name: e, protocol: socks, listen: 5 },
] }`

const createRig = (text = TEXT) => {
  const clock = createHandClock()
  const files = new Map([
    ['/u', 'alice:a\nbob:b'],
    ['/v', 'carol:c'],
    ['/w', 'ann:a'],
  ])
  const load = (): Config =>
    withUsersFiles(
      parseConfig(text, 'test', { readUsersFile: path => files.get(`/${path}`) ?? '' }),
      path => `/${path}`,
    )
  const events: DaemonEvent[] = []
  const rig = {
    config: load(),
    applied: 0,
    instead: null as string | null,
    size: 0,
    reads: [] as string[],
    applyError: undefined as Error | undefined,
    readError: undefined as Error | undefined,
    turns: Promise.resolve(),
    /** Called while a file is read. */
    onRead: (): void => {},
  }
  const users = createUsersFiles({
    clock,
    look: async path => ({
      seen: rig.instead ?? files.get(path) ?? 'ENOENT',
      instead: rig.instead,
      size: rig.size,
    }),
    pause: async () => {},
    read: path => {
      rig.reads.push(path)
      const found = files.get(path)
      rig.onRead()
      if (rig.readError) throw rig.readError
      if (found === undefined) throw new Error(`${path} cannot be read: there is no such file`)
      return found
    },
    log: { event: event => void events.push(event) },
    config: () => rig.config,
    apply: async next => {
      if (rig.applyError) throw rig.applyError
      rig.applied++
      rig.config = next
    },
    inTurn: change => (rig.turns = rig.turns.then(change)),
  })
  users.follow()
  const pass = async (times = 2): Promise<void> => {
    for (let n = 0; n < times; n++) {
      clock.advance(LOOK_INTERVAL_MS)
      await settled()
    }
  }
  const usersOf = (name: string): string => {
    const found = rig.config.listeners.find(listener => listener.name === name)
    const all = found && 'users' in found ? found.users : null
    return [...(all ?? [])].map(each => each.join(':')).join(' ')
  }
  return { clock, files, load, events, rig, users, pass, usersOf, taken: () => events.splice(0) }
}

t.test('the users of every listener with the file change, and nothing else', async t => {
  const { files, rig, pass, usersOf, taken, users, clock } = createRig()
  const before = rig.config
  await pass()
  t.same([rig.applied, taken()], [0, []], 'read anew, and the same')
  files.set('/u', 'alice:A\ndan:d\n')
  await pass()
  t.equal(usersOf('a'), 'zoe:z alice:A dan:d')
  t.equal(usersOf('b'), 'alice:A dan:d')
  t.equal(usersOf('c'), 'carol:c')
  t.equal(rig.applied, 1)
  t.same(taken(), [{ type: 'users', file: '/u', added: 1, removed: 1, changed: 1 }])
  for (const place of [2, 3, 4]) t.equal(rig.config.listeners[place], before.listeners[place])
  t.same({ ...rig.config, listeners: [] }, { ...before, listeners: [] })
  files.set('/v', 'carol:c\neve:e\n')
  await pass()
  t.same(taken(), [{ type: 'users', file: '/v', added: 1, removed: 0, changed: 0 }])
  users.stop()
  t.equal(clock.pending(), 0)
})

t.test('a file with a problem changes nothing, and is logged once', async t => {
  const { files, rig, pass, usersOf, taken, users } = createRig()
  for (const [text, error] of [
    ['', '/u: found no users; allowed: one name:password a line'],
    ['alice:a\nx', '/u:2: found a line without a colon; allowed: name:password'],
    ['zoe:y', 'found the user "zoe" here and in users; allowed: one of them'],
    [undefined, '/u cannot be read: there is no such file'],
  ] as const) {
    if (text === undefined) files.delete('/u')
    else files.set('/u', text)
    await pass(6)
    t.same(taken(), [{ type: 'users', file: '/u', error }])
    t.equal(usersOf('b'), 'alice:a bob:b')
  }
  files.set('/u', 'alice:a\nbob:b\n')
  await pass(4)
  t.same(taken(), [{ type: 'users', file: '/u', added: 0, removed: 0, changed: 0 }])
  t.equal(rig.applied, 0)
  files.delete('/u')
  await pass()
  t.equal(taken().length, 1, 'a problem that comes back is logged again')
  files.set('/u', 'dan:d\n')
  await pass()
  t.same(taken(), [{ type: 'users', file: '/u', added: 1, removed: 2, changed: 0 }])
  t.equal(usersOf('b'), 'dan:d')
  users.stop()
})

t.test('a file that is written while it is read is read again', async t => {
  const { files, rig, pass, usersOf, taken, users } = createRig()
  await pass()
  files.set('/u', 'half')
  rig.onRead = () => {
    files.set('/u', 'half:whole\n')
    rig.onRead = () => {}
  }
  await pass()
  t.same([rig.applied, taken()], [0, []])
  await pass()
  t.equal(usersOf('b'), 'half:whole')
  users.stop()
})

t.test('a change that cannot be applied is tried again', async t => {
  const { files, rig, pass, usersOf, taken, users } = createRig()
  files.set('/u', 'dan:d\n')
  rig.applyError = new Error('a worker process hangs')
  await pass(5)
  t.same(taken(), [{ type: 'users', file: '/u', error: 'a worker process hangs' }])
  rig.applyError = undefined
  await pass(1)
  t.equal(usersOf('b'), 'dan:d')
  t.match(taken(), [{ added: 1, removed: 2, error: undefined }])
  users.stop()
})

t.test(
  'a listener that has other users of the file than the next one gets those of the file',
  async t => {
    const { files, rig, pass, usersOf, taken, users } = createRig()
    files.set('/u', 'alice:a\n')
    // As if the file had changed between two reads of one load.
    rig.config = {
      ...rig.config,
      listeners: rig.config.listeners.map(listener =>
        listener.name === 'b' ? { ...listener, users: new Map([['alice', 'a']]) } : listener,
      ),
    }
    users.follow()
    await pass()
    t.same([usersOf('a'), usersOf('b')], ['zoe:z alice:a', 'alice:a'])
    t.same(taken(), [{ type: 'users', file: '/u', added: 0, removed: 1, changed: 0 }])
    users.stop()
  },
)

t.test('a change waits for a reload, and is judged by its configuration', async t => {
  const { files, load, rig, pass, usersOf, taken, users } = createRig()
  await pass()
  let go = (): void => {}
  const reload = async (ready: Promise<void>): Promise<void> => {
    await ready
    files.set('/u', 'later:x')
    rig.config = load()
    users.follow()
  }
  rig.turns = reload(new Promise(resolve => (go = resolve)))
  files.set('/u', 'early:x\n')
  await pass()
  t.same([usersOf('b'), rig.reads.length], ['alice:a bob:b', 2])
  go()
  await settled()
  t.equal(usersOf('b'), 'later:x', 'of the reload')
  t.same([rig.applied, taken()], [0, []])
  await pass(4)
  t.same([rig.applied, taken()], [0, []])
  users.stop()
})

t.test('after a stop nothing is applied any more', async t => {
  const { files, rig, pass, users } = createRig()
  let go = (): void => {}
  rig.turns = new Promise(resolve => (go = resolve))
  files.set('/u', 'dan:d\n')
  await pass()
  users.stop()
  go()
  await settled()
  t.same([rig.applied, rig.reads], [0, []])
})

t.test('a configuration without users files costs nothing', async t => {
  const { clock } = createRig('{ listeners: [{ protocol: mixed, listen: 1 }] }')
  t.equal(clock.pending(), 0)
})

t.test('a last line without a newline may have been cut', async t => {
  const { files, rig, pass, usersOf, taken, users } = createRig()
  await pass()
  t.same(taken(), [], 'the users in force may have no newline: the start has read them so')
  files.set('/u', 'alice:a\nbob:bo')
  await pass(4)
  const error =
    '/u: its last line has no newline, so it may have been cut; end it with a newline, or apply it as it is by SIGHUP'
  t.same(taken(), [{ type: 'users', file: '/u', error }])
  t.same([usersOf('b'), rig.applied], ['alice:a bob:b', 0])
  files.set('/u', 'alice:a\nbob:bo\n')
  await pass()
  t.equal(usersOf('b'), 'alice:a bob:bo')
  users.stop()
})

t.test('another thing in place of the file is logged once, and is not read', async t => {
  const { rig, pass, usersOf, taken, users } = createRig()
  await pass()
  rig.reads.length = 0
  for (const instead of ['a folder', 'a pipe', 'a device']) {
    rig.instead = instead
    await pass(4)
    const lines = taken().filter(line => line.type === 'users' && line.file === '/u')
    t.same(lines, [{ type: 'users', file: '/u', error: `/u is ${instead}; allowed: a file` }])
  }
  t.same([usersOf('b'), rig.reads], ['alice:a bob:b', []])
  rig.instead = null
  await pass(2)
  t.same(
    taken().map(line => 'added' in line && line.added),
    [0, 0],
    'both files are in force again',
  )
  users.stop()
})

t.test('a pipe that is there from the start is left alone', async t => {
  const { rig, pass, taken, users } = createRig()
  rig.instead = 'a pipe'
  await pass(4)
  t.same([taken(), rig.reads], [[], []])
  users.stop()
})

t.test('a file that is too long is not read, and one that is no text is read once', async t => {
  const { files, rig, pass, taken, users } = createRig()
  await pass()
  rig.reads.length = 0
  rig.size = 5 * 1024 * 1024
  files.set('/u', 'long')
  await pass(4)
  t.same(
    [taken(), rig.reads],
    [[{ type: 'users', file: '/u', error: '/u is 5.0 MiB long; allowed: 4 MiB' }], []],
  )
  rig.size = 0
  files.set('/u', 'no text')
  rig.readError = fail('ERR_CONFIG', '/u is not text in UTF-8', {}, new TypeError('decode'))
  await pass(4)
  t.same([taken().length, rig.reads], [1, ['/u']])
  files.set('/u', 'other')
  const system = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
  rig.readError = fail('ERR_CONFIG', '/u cannot be read', {}, fail('ERR_CONFIG', 'x', {}, system))
  rig.reads.length = 0
  await pass(4)
  t.same(rig.reads, ['/u', '/u', '/u'], 'what the system could not do is tried again')
  users.stop()
})

t.test('a configuration can keep the users of files that are known', async t => {
  const { files, load } = createRig()
  const before = load()
  files.set('/u', 'alice:A\ndan:d')
  const next = load()
  t.notSame(next.listeners, before.listeners)
  t.same(keepFileUsers(before, next), before)
  const none = createRig(TEXT.replaceAll('usersFile: u', 'usersFile: w')).load()
  t.same(keepFileUsers(none, next), next, 'a file that is new has its own')
  const text = TEXT.replace('{ usersFile: u }', '{ usersFile: u, users: { alice: moved } }')
  const moved = withUsersFiles(
    parseConfig(text, 'test', { readUsersFile: () => 'dan:d' }),
    path => `/${path}`,
  )
  const [, second] = keepFileUsers(before, moved).listeners
  const users = second?.protocol === 'socks' ? second.users : null
  t.strictSame([...(users?.keys() ?? [])], ['alice', 'bob'])
  t.notSame(
    users?.get('alice'),
    before.listeners[1]?.protocol === 'socks' && before.listeners[1].users?.get('alice'),
    'a user who has moved into the configuration',
  )
})

t.test('the changes between two configurations, by file', async t => {
  const { files, load } = createRig()
  const before = load()
  t.same(usersFileChanges(before, load()), [])
  files.set('/u', 'alice:A\ndan:d\n')
  t.same(usersFileChanges(before, load()), [['/u', { added: 1, removed: 1, changed: 1 }]])
  const other = createRig(TEXT.replace('zoe: z', 'zoe: y, yan: y')).load()
  t.same(usersFileChanges(before, other), [], 'users of the configuration are not of the file')
  const none = createRig(TEXT.replaceAll('usersFile: u', 'usersFile: w')).load()
  t.same([usersFileChanges(before, none), usersFileChanges(none, before)], [[], []])
})
