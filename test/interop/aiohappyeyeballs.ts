/**
 * What the tests of Python's aiohappyeyeballs (2.7.1) are about, one by one, and that it holds here; or
 * what is defined otherwise, and why. The words and the code are our own; behind each title stands the
 * name of the test there.
 *
 * There, sockets are mocks. Here they are real ones, whose addresses are of documentation; a script
 * says what becomes of each.
 */
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import * as library from '../../src/index.ts'
import type { AddrInfo, RaceError, RaceOptions, TraceEntry } from '../../src/index.ts'
import {
  addrToAddrInfos,
  interleaveAddrInfos,
  isRaceError,
  popAddrInfosInterleave,
  removeAddrInfos,
  startConnection,
} from '../../src/index.ts'
import type { Owner } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { rejection, startsIn } from '../fixtures/library-races.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'
import type { Script, ScriptedSockets } from '../fixtures/scripted-sockets.ts'
import { createScriptedSockets } from '../fixtures/scripted-sockets.ts'

const info = (address: string): AddrInfo => ({
  family: address.includes(':') ? 6 : 4,
  address,
  port: 80,
})

const SIX = '2001:db8::1'
const SIX_B = '2001:db8::2'
const FOUR = '192.0.2.1'
const THREE = [SIX, SIX_B, FOUR].map(info)

/** Addresses of this host, and two that it does not have. */
const LOCAL_SIX: AddrInfo = { family: 6, address: '::1', port: 0 }
const LOCAL_FOUR: AddrInfo = { family: 4, address: '127.0.0.1', port: 0 }
const NO_LOCAL_SIX: AddrInfo = { ...LOCAL_SIX, address: '2001:db8::77' }
const NO_LOCAL_FOUR: AddrInfo = { ...LOCAL_FOUR, address: '192.0.2.77' }

const DELAY_MS = 300

/** An error of the system's kind. */
const osError = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code })

type Race = {
  readonly scripted: ScriptedSockets
  readonly trace: readonly TraceEntry[]
  readonly promise: Promise<Socket>
}

const race = async (
  owner: Owner,
  script: Script,
  list: readonly AddrInfo[],
  options: RaceOptions = {},
): Promise<Race> => {
  const scripted = await createScriptedSockets(owner, script)
  const trace: TraceEntry[] = []
  const promise = startConnection(list, {
    happyEyeballsDelayMs: DELAY_MS,
    socketFactory: scripted.socketFactory,
    onTrace: entry => trace.push(entry),
    ...options,
  })
  return { scripted, trace, promise }
}

/** The race is won over this family, and these were dialled. */
const winsBy = async (
  t: Test,
  { promise, scripted }: Race,
  family: 'IPv4' | 'IPv6',
  dialled: readonly string[],
): Promise<void> => {
  const socket = await promise
  t.equal(socket.remoteFamily, family)
  t.same(scripted.dialled, dialled)
  t.ok(scripted.sockets.includes(socket))
  t.ok(scripted.sockets.every(other => other === socket || other.destroyed))
  socket.destroy()
}

const loses = async (t: Test, { promise }: Race): Promise<RaceError> => {
  const error = await rejection(promise)
  t.ok(isRaceError(error))
  return error as RaceError
}

void t.test('test_impl.py', async t => {
  t.ok(library.startConnection, 'test_init.py: the package has it')
})

testLeavingNothing('an empty list is refused in plain words (empty_addr_infos)', async t => {
  t.match(await rejection(startConnection([])), {
    code: 'ERR_INVALID_ARG',
    message: 'addrInfos is []: a list of at least one address is allowed',
  })
})

testLeavingNothing('one address, no socket: its own text (single_addr_info_errors)', async t => {
  const socketFactory = (): Socket => {
    throw osError('EIO', 'no socket')
  }
  const error = await rejection(startConnection([info(FOUR)], { socketFactory }))
  t.match(error, { message: 'no socket', code: 'EIO', cause: { message: 'no socket' } })
  t.ok(isRaceError(error), 'always a new error, where Python raises the only one itself')
})

testLeavingNothing(
  'one address that connects (single_addr_success, ..._passing_loop, ..._socket_factory)',
  async (t, owner) => {
    // There is one event loop in Node, and no argument for it.
    await winsBy(t, await race(owner, { [FOUR]: 'connects' }, [info(FOUR)]), 'IPv4', [FOUR])
  },
)

testLeavingNothing(
  'two addresses, with a delay and without (multiple_addr_success_second_one, ..._happy_eyeballs, happy_eyeballs_socket_factory)',
  async (t, owner) => {
    const list = [info(FOUR), info('192.0.2.2')]
    const script = { [FOUR]: osError('EIO', 'no'), '192.0.2.2': 'connects' } as const
    for (const happyEyeballsDelayMs of [null, DELAY_MS]) {
      const begun = await race(owner, script, list, { happyEyeballsDelayMs })
      await winsBy(t, begun, 'IPv4', [FOUR, '192.0.2.2'])
    }
  },
)

testLeavingNothing(
  'several connect at the same time: one is kept, the others are closed (multiple_winners_cleaned_up; test_staggered.py multiple_winners, with and without eager tasks)',
  async (t, owner) => {
    const list = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(info)
    const scripted = await createScriptedSockets(
      owner,
      Object.fromEntries(list.map(({ address }) => [address, 'connects'])),
    )
    // Each connect is held back until all four are under way; then they are made in one tick.
    const held: (() => void)[] = []
    const socketFactory = (addrInfo: AddrInfo): Socket => {
      const socket = scripted.socketFactory(addrInfo)
      const connect = socket.connect.bind(socket) as (options: object) => Socket
      const hold = (options: object): Socket => {
        held.push(() => connect(options))
        return socket
      }
      return Object.assign(socket, { connect: hold })
    }
    const promise = startConnection(list, {
      happyEyeballsDelayMs: 10,
      interleave: 0,
      socketFactory,
    })
    t.ok(await eventually(() => held.length === 4))
    for (const connect of held) connect()
    const winner = await promise
    t.equal(winner, scripted.sockets[0], 'the first to be found connected')
    t.same(
      scripted.sockets.map(({ destroyed }) => destroyed),
      [false, true, true, true],
    )
    winner.destroy()
  },
)

testLeavingNothing(
  'all fail: every text is reported (multiple_addr_all_fail_happy_eyeballs)',
  async (t, owner) => {
    const list = [info(FOUR), info('192.0.2.2')]
    const script = { [FOUR]: osError('EIO', 'a'), '192.0.2.2': osError('EIO', 'b') }
    const error = await loses(t, await race(owner, script, list))
    t.match(error, { message: 'Multiple exceptions: a, b', code: 'EIO' })
  },
)

testLeavingNothing(
  'one family fails, the other wins (ipv6_and_ipv4_..._ipv6_fails, ..._ipv4_fails)',
  async (t, owner) => {
    const list = [info(SIX), info(FOUR)]
    const no = osError('EIO', 'no')
    await winsBy(t, await race(owner, { [SIX]: no, [FOUR]: 'connects' }, list), 'IPv4', [SIX, FOUR])
    await winsBy(t, await race(owner, { [SIX]: 'connects', [FOUR]: no }, list), 'IPv6', [SIX])
  },
)

const firstFails: Script = {
  [SIX]: osError('EIO', 'ipv6 fails'),
  [SIX_B]: 'connects',
  [FOUR]: 'connects',
}

testLeavingNothing(
  'with a delay the families are mixed by default (ipv6_and_ipv4_..._first_ipv6_fails)',
  async (t, owner) => {
    await winsBy(t, await race(owner, firstFails, THREE), 'IPv4', [SIX, FOUR])
  },
)

testLeavingNothing(
  'interleave 2: two of the first family go first (ipv64_..._interleave_2_first_ipv6_fails)',
  async (t, owner) => {
    const begun = await race(owner, firstFails, THREE, { interleave: 2 })
    await winsBy(t, begun, 'IPv6', [SIX, SIX_B])
  },
)

testLeavingNothing('one family only (ipv6_only_..._first_ipv6_fails)', async (t, owner) => {
  const begun = await race(owner, firstFails, [info(SIX), info(SIX_B)])
  await winsBy(t, begun, 'IPv6', [SIX, SIX_B])
})

testLeavingNothing(
  'from a local address of one family (ipv64_laddr_..._interleave_2_first_ipv6_fails)',
  async (t, owner) => {
    const begun = await race(owner, firstFails, THREE, {
      interleave: 2,
      localAddrInfos: [LOCAL_SIX],
    })
    await winsBy(t, begun, 'IPv6', [SIX, SIX_B])
  },
)

testLeavingNothing(
  'from local addresses of both (ipv64_laddr_both__eyeballs_first_ipv6_fails)',
  async (t, owner) => {
    const begun = await race(owner, firstFails, THREE, { localAddrInfos: [LOCAL_SIX, LOCAL_FOUR] })
    await winsBy(t, begun, 'IPv4', [SIX, FOUR])
  },
)

testLeavingNothing(
  'a connect and a bind fail: both are reported (ipv64_laddr_bind_fails_eyeballs_first_ipv6_fails)',
  async (t, owner) => {
    const error = await loses(
      t,
      await race(owner, firstFails, [info(SIX), info(FOUR)], {
        interleave: 1,
        localAddrInfos: [LOCAL_SIX, NO_LOCAL_FOUR],
      }),
    )
    t.match(error, {
      code: 'ERR_RACE_FAILED',
      attempts: [{ code: 'EIO' }, { code: 'EADDRNOTAVAIL' }],
    })
    t.match(error.message, /^Multiple exceptions: ipv6 fails, .*bind EADDRNOTAVAIL 192\.0\.2\.77$/)
  },
)

testLeavingNothing(
  'a bind fails: the next address is tried (ipv64_laddr_bind_fails_eyeballs_interleave_first__ipv6_fails)',
  async (t, owner) => {
    const list = [info(SIX), info(FOUR), info(SIX_B)]
    const begun = await race(owner, firstFails, list, {
      localAddrInfos: [LOCAL_SIX, NO_LOCAL_FOUR],
    })
    const socket = await begun.promise
    t.equal(socket.remoteFamily, 'IPv6')
    t.same(
      startsIn(begun.trace).map(({ address }) => address),
      [SIX, FOUR, SIX_B],
    )
    socket.destroy()
  },
)

testLeavingNothing(
  'the socket cannot be made, by an error of any kind (ipv64_laddr_socket_fails, ..._socket_blocking_fails)',
  async t => {
    // Python lets an exception that is no OSError through at once, unless it races: then it is lost in
    // an IndexError. Here whatever the factory throws, or makes that is no socket, is a failed attempt.
    let calls = 0
    const throws = (): Socket => {
      calls++
      throw new Error('something is really wrong')
    }
    for (const happyEyeballsDelayMs of [null, DELAY_MS]) {
      const options = { happyEyeballsDelayMs, localAddrInfos: [LOCAL_SIX, LOCAL_FOUR] }
      const thrown = await rejection(startConnection(THREE, { ...options, socketFactory: throws }))
      t.match(thrown, { message: 'something is really wrong', attempts: { length: 3 } })
      const noSocket = () => ({}) as Socket
      t.match(await rejection(startConnection(THREE, { ...options, socketFactory: noSocket })), {
        code: 'ERR_SOCKET_FACTORY',
        message: /an unconnected net\.Socket is wanted$/,
      })
    }
    t.equal(calls, 6)
  },
)

testLeavingNothing(
  'only the family that has a local address is dialled (ipv64_laddr_eyeballs_ipv4_only_tried)',
  async (t, owner) => {
    const begun = await race(owner, firstFails, THREE, {
      interleave: 2,
      localAddrInfos: [LOCAL_FOUR],
    })
    await winsBy(t, begun, 'IPv4', [FOUR])
  },
)

testLeavingNothing(
  'no local address can be bound (ipv64_laddr_bind_fails_all_...)',
  async (t, owner) => {
    const script = { [SIX]: 'connects', [SIX_B]: 'connects', [FOUR]: 'connects' } as const
    const begun = await race(owner, script, THREE, {
      interleave: 2,
      localAddrInfos: [NO_LOCAL_SIX, NO_LOCAL_FOUR],
    })
    const error = await loses(t, begun)
    t.match(error, {
      code: 'EADDRNOTAVAIL',
      message: /^Multiple exceptions: connect EADDRNOTAVAIL/,
    })
    t.equal(begun.scripted.accepted(), 0)
  },
)

/** All three fail so; none of them puts a packet on the wire. */
const allFail = async (t: Test, owner: Owner, errors: readonly Error[]): Promise<RaceError> => {
  const [one, two, three] = errors as readonly [Error, Error, Error]
  const script = { [SIX]: one, [SIX_B]: two, [FOUR]: three }
  const begun = await race(owner, script, THREE, {
    interleave: 2,
    localAddrInfos: [LOCAL_SIX, LOCAL_FOUR],
  })
  const error = await loses(t, begun)
  t.same(begun.scripted.dialled, [SIX, SIX_B, FOUR])
  t.equal(error.cause, one)
  t.same(
    error.attempts.map(attempt => attempt.error),
    errors,
  )
  return error
}

testLeavingNothing(
  'one text and one errno are kept (all_same_exception_and_same_errno)',
  async (t, owner) => {
    const errors = [1, 2, 3].map(() => osError('EIO', 'all fail'))
    t.match(await allFail(t, owner, errors), { message: 'all fail', code: 'EIO' })
  },
)

testLeavingNothing(
  'one text, several errnos: no errno (all_same_exception_and_with_different_errno)',
  async (t, owner) => {
    const errors = ['EIO', 'EPERM', 'ENOENT'].map(code => osError(code, 'all fail'))
    const error = await allFail(t, owner, errors)
    t.match(error, { message: 'all fail', code: 'ERR_RACE_FAILED' })
  },
)

testLeavingNothing(
  'errors that are not the system’s (uvloop_runtime_error, uvloop_different_runtime_error, uvloop_mixing_os_and_runtime_error)',
  async (t, owner) => {
    const same = [1, 2, 3].map(() => new Error('all fail'))
    t.match(await allFail(t, owner, same), { message: 'all fail', code: 'ERR_SOCKET_FACTORY' })
    const different = [1, 2, 3].map(n => new Error(String(n)))
    t.match(await allFail(t, owner, different), { message: 'Multiple exceptions: 1, 2, 3' })
    const mixed = [new Error('1'), osError('EIO', '2'), osError('EPERM', '3')]
    t.match(await allFail(t, owner, mixed), {
      message: 'Multiple exceptions: 1, 2, 3',
      code: 'ERR_RACE_FAILED',
    })
  },
)

testLeavingNothing(
  'what must end everything ends the race at once (handling_system_exit)',
  async (t, owner) => {
    // Python's SystemExit is an exception on its way out; in Node nothing of the kind passes through a
    // race. What comes nearest is an error of the caller's own code in it, in onTrace.
    const exit = new Error('exit')
    const { promise, scripted } = await race(owner, firstFails, THREE, {
      onTrace: entry => {
        if ('event' in entry && entry.event.type === 'connect-failed') throw exit
      },
    })
    t.equal(await rejection(promise), exit)
    t.same(scripted.dialled, [SIX])
  },
)

testLeavingNothing(
  'cancelled: the cancellation comes through, nothing more is dialled (cancellation_is_not_swallowed)',
  async (t, owner) => {
    const controller = new AbortController()
    const { promise, scripted } = await race(owner, {}, THREE, { signal: controller.signal })
    controller.abort()
    t.equal(await rejection(promise), controller.signal.reason)
    t.same(scripted.dialled, [SIX])
    t.ok(scripted.sockets.every(({ destroyed }) => destroyed))
  },
)

testLeavingNothing(
  'an error while a socket is closed (single_addr_info_close_errors)',
  async (t, owner) => {
    const withBadClose = (socket: Socket): Socket => {
      const destroy = socket._destroy.bind(socket)
      socket._destroy = (_, done) => destroy(null, () => done(osError('EIO', 'during close')))
      return socket
    }
    const scripted = await createScriptedSockets(owner, {
      [FOUR]: osError('EPERM', 'during connect'),
    })
    const socketFactory = (addrInfo: AddrInfo): Socket =>
      withBadClose(scripted.socketFactory(addrInfo))
    const failed = await rejection(startConnection([info(FOUR)], { socketFactory }))
    t.match(failed, { code: 'EIO', message: 'during close' }, 'it takes the place of the other')
    // An abort is reported by its reason, whatever closing does. Python raises the error of the close.
    const controller = new AbortController()
    const { signal } = controller
    const aborted = startConnection([info('192.0.2.9')], { socketFactory, signal })
    controller.abort('enough')
    t.equal(await rejection(aborted), 'enough')
  },
)

void t.test(
  'families take turns (interleave_addrinfos, ..._first_address_family_count)',
  async t => {
    const [a, b, c] = ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(info) as [
      AddrInfo,
      AddrInfo,
      AddrInfo,
    ]
    const [x, y] = ['192.0.2.1', '192.0.2.2'].map(info) as [AddrInfo, AddrInfo]
    t.same(interleaveAddrInfos([a, b, x, y]), [a, x, b, y])
    t.same(interleaveAddrInfos([a, b, c, x]), [a, x, b, c], 'what is left over follows')
    t.same(interleaveAddrInfos([x, a, y]), [x, a, y], 'the family in front goes first')
    t.same(interleaveAddrInfos([x, y]), [x, y])
    t.same(interleaveAddrInfos([]), [])
    t.same(interleaveAddrInfos([a, b, c, x], 2), [a, b, x, c])
  },
)

void t.test('test_utils.py', async t => {
  const [a, b, x] = THREE as [AddrInfo, AddrInfo, AddrInfo]
  t.test('taking the first of each family out (pop_addr_infos_interleave)', async t => {
    for (const [count, left] of [
      [1, [b]],
      [undefined, [b]],
      [2, []],
    ] as const) {
      const list = [a, b, x]
      popAddrInfosInterleave(list, count)
      t.same(list, left)
      popAddrInfosInterleave(list, 1)
      t.same(list, [])
    }
  })
  t.test('the same further on stays (..._with_duplicates)', async t => {
    const list = [a, a, x, x]
    popAddrInfosInterleave(list, 1)
    t.same(list, [a, x])
  })
  t.test('taking one out, however it is spelt (remove_addr_infos, ..._slow_path)', async t => {
    const list = [a, b, x]
    removeAddrInfos(list, { address: '2001:0db8:0:0:0:0:0:1', port: 80 })
    t.same(list, [b, x])
    t.throws(() => removeAddrInfos(list, { address: '192.0.2.250', port: 80 }), {
      message: /^address is '192\.0\.2\.250:80': one of the list/,
    })
    t.same(list, [b, x], 'one that is not there throws, and takes nothing')
    removeAddrInfos(list, b)
    removeAddrInfos(list, x)
    t.same(list, [])
  })
  t.test('an address and port as a list of one (addr_to_addr_infos)', async t => {
    t.same(addrToAddrInfos({ address: '192.0.2.1', port: 43 }), [{ ...x, port: 43 }])
    t.same(addrToAddrInfos({ address: '2001:db8:0:0:0:0:0:1', port: 80 }), [a], 'in canonical text')
    // Python's tuples have a flow label, which Node has no use for, and the scope as a number.
    t.same(addrToAddrInfos({ address: 'fe80::1', port: 80, zone: 'lo' }), [
      { family: 6, address: 'fe80::1', port: 80, zone: 'lo' },
    ])
    t.equal(addrToAddrInfos(null), null)
  })
})

// test_staggered.py, and test_staggered_cpython.py with and without eager tasks. Its race takes any
// functions; ours takes addresses, and what is asked of it is asked by sockets.

testLeavingNothing(
  'the first connects at once: no other is begun (one_winners, one_successful)',
  async (t, owner) => {
    const script = { [SIX]: 'connects', [FOUR]: 'connects' } as const
    for (const happyEyeballsDelayMs of [null, DELAY_MS]) {
      const begun = await race(owner, script, [info(SIX), info(FOUR)], { happyEyeballsDelayMs })
      await winsBy(t, begun, 'IPv6', [SIX])
    }
  },
)

testLeavingNothing('nothing to race (empty)', async t => {
  // Python's inner race has no winner then. Here that is a mistake of the caller's, as in its
  // start_connection.
  t.match(await rejection(startConnection([])), { code: 'ERR_INVALID_ARG' })
})

testLeavingNothing(
  'the first fails, the second wins (first_error_second_successful, long_delay_early_failure)',
  async (t, owner) => {
    for (const happyEyeballsDelayMs of [null, 10_000]) {
      const begun = await race(owner, firstFails, [info(SIX), info(FOUR)], { happyEyeballsDelayMs })
      await winsBy(t, begun, 'IPv4', [SIX, FOUR])
      const [first, second] = startsIn(begun.trace)
      t.ok((second?.at ?? Infinity) - (first?.at ?? 0) < 5000, 'the delay is not waited for')
    }
  },
)

testLeavingNothing(
  'the first hangs: the second is begun a delay later, and wins (first_timeout_second_successful)',
  async (t, owner) => {
    const script = { [SIX]: 'hangs', [FOUR]: 'connects' } as const
    const list = [info(SIX), info(FOUR)]
    const begun = await race(owner, script, list, { happyEyeballsDelayMs: 100 })
    await winsBy(t, begun, 'IPv4', [SIX, FOUR])
    const [first, second] = startsIn(begun.trace)
    t.ok((second?.at ?? 0) - (first?.at ?? 0) >= 100)
    const cancelled = begun.trace.filter(
      entry => 'command' in entry && entry.command.type === 'cancel',
    )
    t.match(cancelled, [{ command: { id: 1, reason: 'won' } }])
  },
)

testLeavingNothing('none wins, whatever the delay (none_successful)', async (t, owner) => {
  const errors = { [SIX]: osError('EIO', 'one'), [FOUR]: osError('EPERM', 'two') }
  for (const happyEyeballsDelayMs of [null, 0, 100, 1000]) {
    const list = [info(SIX), info(FOUR)]
    const error = await loses(t, await race(owner, errors, list, { happyEyeballsDelayMs }))
    t.same(
      error.attempts.map(attempt => attempt.error),
      Object.values(errors),
    )
  }
})

testLeavingNothing('a delay of 0 is 10 ms, not for ever', async (t, owner) => {
  // Python takes 0 for no timer at all: the second is begun only when the first has failed. RFC 8305
  // section 5 has 10 ms for the least.
  const script = { [SIX]: 'hangs', [FOUR]: 'connects' } as const
  const list = [info(SIX), info(FOUR)]
  await winsBy(t, await race(owner, script, list, { happyEyeballsDelayMs: 0 }), 'IPv4', [SIX, FOUR])
})
