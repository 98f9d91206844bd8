import t from 'tap'
import { createRaceMachine } from '../../../src/eyeballs/race/machine.ts'
import {
  A,
  AAAA,
  aborted,
  begun,
  candidate,
  closed,
  confirmed,
  connected,
  deferred,
  demoted,
  denied,
  expectSteps,
  hello,
  marked,
  notHello,
  queriesFor,
  raceConfig,
  refused,
  resolved,
  resolveFailed,
  scarce,
  stale,
  unreachable,
  v4,
  v6,
  wake,
  withoutEgress,
} from '../../fixtures/race.ts'

void t.test('RFC 8305 section 3: hostname resolution', async t => {
  await t.test('AAAA is asked first, A at once behind it', async t => {
    begun(t)
  })

  await t.test('a positive AAAA starts the first IPv6 attempt at once, A unanswered', async t => {
    expectSteps(t, begun(t), [[20, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]]])
  })

  await t.test('a dead A lookup never delays a working AAAA, up to the end', async t => {
    expectSteps(t, begun(t), [
      [20, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [45, connected(1), ['won 1']],
      [5000, resolveFailed(A, 'ETIMEDOUT'), []],
    ])
  })

  await t.test('a positive A waits 50 ms for AAAA, to the millisecond', async t => {
    expectSteps(t, begun(t), [
      [10, resolved(A, v4(1)), ['wake-at 60']],
      [59, wake, ['wake-at 60']],
      [60, wake, [`connect 1 ${v4(1)}`]],
    ])
  })

  await t.test('a positive AAAA within the delay starts IPv6 at once', async t => {
    expectSteps(t, begun(t), [
      [10, resolved(A, v4(1)), ['wake-at 60']],
      [35, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`, 'wake-at 285']],
    ])
  })

  await t.test('a negative or failed AAAA ends the wait at once', async t => {
    for (const code of ['ENODATA', 'ENOTFOUND', 'ESERVFAIL', 'ETIMEDOUT']) {
      expectSteps(t, begun(t), [
        [10, resolved(A, v4(1)), ['wake-at 60']],
        [12, resolveFailed(AAAA, code), [`connect 1 ${v4(1)}`]],
      ])
      expectSteps(t, begun(t), [
        [10, resolveFailed(AAAA, code), []],
        [300, resolved(A, v4(1)), [`connect 1 ${v4(1)}`]],
      ])
    }
  })

  await t.test('an empty list is a negative answer', async t => {
    expectSteps(t, begun(t), [
      [10, resolved(AAAA), []],
      [12, resolved(A, v4(1)), [`connect 1 ${v4(1)}`]],
    ])
  })

  await t.test('the delay runs from the first answer of any lookup', async t => {
    const queries = queriesFor(['a.example', 'AAAA'], ['a.example', 'A'], ['b.example', 'A'])
    expectSteps(t, begun(t, { queries }), [
      [10, resolveFailed(1), []],
      [30, resolved(2, v4(1)), ['wake-at 60']],
      [60, wake, [`connect 1 ${v4(1)}`]],
    ])
  })

  await t.test('of several names, one positive AAAA is enough', async t => {
    const queries = queriesFor(
      ['a.example', 'AAAA'],
      ['a.example', 'A'],
      ['b.example', 'AAAA'],
      ['b.example', 'A'],
    )
    expectSteps(t, begun(t, { queries }), [
      [10, resolveFailed(0), []],
      [11, resolved(1, v4(1)), ['wake-at 60']],
      [12, resolved(2, v6(2)), [`connect 1 ${v6(2)}`, 'wake-at 262']],
    ])
  })

  await t.test('where IPv4 is preferred, AAAA waits for A', async t => {
    expectSteps(t, begun(t, { preferredFamily: 4 }), [
      [10, resolved(AAAA, v6(1)), ['wake-at 60']],
      [20, resolveFailed(A), [`connect 1 ${v6(1)}`]],
    ])
    expectSteps(t, begun(t, { preferredFamily: 4 }), [
      [10, resolved(A, v4(1)), [`connect 1 ${v4(1)}`]],
    ])
  })

  await t.test('a late AAAA joins a race under way', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(A, v4(1)), ['wake-at 50']],
      [50, wake, [`connect 1 ${v4(1)}`]],
      [120, resolved(AAAA, v6(1)), ['wake-at 300']],
      [300, wake, [`connect 2 ${v6(1)}`]],
    ])
  })

  await t.test('a late answer starts at once where the delay is already over', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [900, resolved(A, v4(1)), [`connect 2 ${v4(1)}`]],
    ])
  })

  await t.test('a demoted address of the preferred family is no reason to begin', async t => {
    expectSteps(t, begun(t), [
      [10, resolved(AAAA, demoted(v6(1))), ['wake-at 60']],
      [40, resolved(A, v4(1)), [`connect 1 ${v4(1)}`, 'wake-at 290']],
      [290, wake, [`connect 2 ${v6(1)} demoted`]],
    ])
    expectSteps(t, begun(t), [
      [10, resolved(AAAA, demoted(v6(1))), ['wake-at 60']],
      [60, wake, [`connect 1 ${v6(1)} demoted`]],
    ])
    expectSteps(t, begun(t), [
      [10, resolved(AAAA, demoted(v6(1))), ['wake-at 60']],
      [20, resolveFailed(A), [`connect 1 ${v6(1)} demoted`]],
    ])
  })

  await t.test('a sound address beside a demoted one begins as ever', async t => {
    expectSteps(t, begun(t), [
      [10, resolved(AAAA, demoted(v6(1)), v6(2)), [`connect 1 ${v6(2)}`, 'wake-at 260']],
      [20, resolved(A, demoted(v4(1))), []],
      [260, wake, [`connect 2 ${v6(1)} demoted`, 'wake-at 510']],
      [510, wake, [`connect 3 ${v4(1)} demoted`]],
    ])
  })

  await t.test('addresses that need no lookup begin at once', async t => {
    const addresses = [candidate(v4(1)), candidate(v6(1))]
    const machine = createRaceMachine(raceConfig({ queries: [], order: 'given', addresses }))
    expectSteps(t, machine, [
      [0, wake, [`connect 1 ${v4(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(1)}`]],
    ])
    const none = createRaceMachine(raceConfig({ queries: [] }))
    expectSteps(t, none, [[0, wake, ['lost no-addresses']]])
  })

  await t.test('beside lookups they wait for the preferred family, as an answer does', async t => {
    const machine = createRaceMachine(raceConfig({ order: 'given', addresses: [candidate(v4(1))] }))
    expectSteps(t, machine, [
      [0, wake, ['resolve 0 AAAA', 'resolve 1 A', 'wake-at 50']],
      [20, resolved(AAAA, v6(1)), [`connect 1 ${v4(1)}`, 'wake-at 270']],
      [270, wake, [`connect 2 ${v6(1)}`]],
    ])
  })

  await t.test('a NAT64 address answers an A lookup, and is IPv4 in the order (R14)', async t => {
    const nat64 = marked('64:ff9b::c000:201', { embedded: '192.0.2.1' })
    expectSteps(t, begun(t), [
      [0, resolved(A, nat64), ['wake-at 50']],
      [1, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 251']],
      [251, wake, ['connect 2 64:ff9b::c000:201', 'wake-at 501']],
      [501, wake, [`connect 3 ${v6(2)}`]],
    ])
  })

  await t.test('no address in either family loses at once', async t => {
    expectSteps(t, begun(t), [
      [10, resolveFailed(AAAA, 'ENOTFOUND'), []],
      [11, resolveFailed(A, 'ENOTFOUND'), ['lost no-addresses']],
    ])
  })
})

void t.test('what is known at once is ordered at once', async t => {
  const doubtful = marked(v6(1), { source: 'fd00::9' })
  const four = marked(v4(1), { source: '192.0.2.9' })

  await t.test('both families in one moment: the first attempt is the first of both', async t => {
    expectSteps(t, begun(t), [
      [0, [resolved(AAAA, doubtful), resolved(A, four)], [`connect 1 ${v4(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(1)}`]],
    ])
    expectSteps(t, begun(t, { preferredFamily: 4 }), [
      [0, [resolved(A, v4(1)), resolved(AAAA, v6(1))], [`connect 1 ${v6(1)}`, 'wake-at 250']],
    ])
  })

  await t.test('what decides a race in one moment is applied in its order', async t => {
    expectSteps(t, begun(t), [
      [0, [resolved(AAAA, v6(1), v6(2)), resolveFailed(A)], [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`]],
      [260, [connected(2), connected(1)], ['cancel 1 won', 'won 2 hidden', 'cancel 1 second']],
    ])
    expectSteps(t, begun(t), [
      [0, [resolved(AAAA, v6(1)), resolved(A, v4(1))], [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [20, [refused(1), aborted], ['lost aborted']],
      [30, [], []],
    ])
  })

  await t.test('an address that may not be the first waits for the other family', async t => {
    expectSteps(t, begun(t), [
      [10, resolved(AAAA, doubtful), ['wake-at 60']],
      [11, resolved(A, four), [`connect 1 ${v4(1)}`, 'wake-at 261']],
      [261, wake, [`connect 2 ${v6(1)}`]],
    ])
    expectSteps(t, begun(t), [
      [10, resolved(AAAA, doubtful), ['wake-at 60']],
      [60, wake, [`connect 1 ${v6(1)}`]],
      [70, resolved(A, four), ['wake-at 310']],
    ])
  })
})

void t.test(
  'attempts that fail inside the host leave the order to answers on their way',
  async t => {
    const six = [v6(1), v6(2), v6(3)]

    await t.test('an answer a millisecond later is mixed in', async t => {
      expectSteps(t, begun(t), [
        [10, resolved(AAAA, ...six), [`connect 1 ${v6(1)}`, 'wake-at 260']],
        [10, denied(1), ['wake-at 60']],
        [11, resolved(A, v4(1), v4(2)), [`connect 2 ${v4(1)}`, 'wake-at 261']],
        [12, refused(2), ['wake-at 21']],
        [21, wake, [`connect 3 ${v6(2)}`, 'wake-at 271']],
        [21, denied(3), [`connect 4 ${v4(2)}`]],
        [22, refused(4), ['wake-at 31']],
        [31, wake, [`connect 5 ${v6(3)}`]],
      ])
    })

    await t.test('but not for longer than the Resolution Delay', async t => {
      expectSteps(t, begun(t), [
        [10, resolved(AAAA, ...six), [`connect 1 ${v6(1)}`, 'wake-at 260']],
        [10, unreachable(1), ['wake-at 60']],
        [60, wake, [`connect 2 ${v6(2)}`, 'wake-at 310']],
        [61, unreachable(2), [`connect 3 ${v6(3)}`]],
      ])
    })
  },
)

void t.test('a stale answer never ends a race', async t => {
  await t.test('the addresses that its refresh brings join', async t => {
    expectSteps(t, begun(t), [
      [0, [stale(AAAA, v6(1)), resolveFailed(A)], [`connect 1 ${v6(1)}`]],
      [5, refused(1), []],
      [300, resolved(AAAA, v6(2)), [`connect 2 ${v6(2)}`]],
      [310, connected(2), ['won 2']],
    ])
  })

  await t.test('its end without another address is the end of the race', async t => {
    for (const last of [resolved(AAAA, v6(1)), resolveFailed(AAAA, 'ENOTFOUND')]) {
      expectSteps(t, begun(t), [
        [0, [stale(AAAA, v6(1)), resolveFailed(A)], [`connect 1 ${v6(1)}`]],
        [5, refused(1), []],
        [300, last, ['lost all-failed']],
      ])
    }
  })

  await t.test('nor does one that says there is no such name', async t => {
    expectSteps(t, begun(t), [
      [0, [stale(AAAA), resolveFailed(A, 'ENOTFOUND')], []],
      [300, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
    ])
    expectSteps(t, begun(t), [
      [0, [stale(AAAA), stale(A)], []],
      [300, resolveFailed(AAAA, 'ENOTFOUND'), []],
      [301, resolveFailed(A, 'ENOTFOUND'), ['lost no-addresses']],
    ])
  })

  await t.test('a stale IPv6 address beside a fresh IPv4 one', async t => {
    expectSteps(t, begun(t), [
      [0, [stale(AAAA, v6(1)), resolved(A, v4(1))], [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [3, refused(1), ['wake-at 10']],
      [10, wake, [`connect 2 ${v4(1)}`]],
      [13, refused(2), []],
      [40, resolved(AAAA, v6(2)), [`connect 3 ${v6(2)}`]],
    ])
  })

  await t.test('the deadline, and leaving, end it all the same', async t => {
    const timing = { connectTimeoutMs: 1000 }
    expectSteps(t, begun(t, { timing }), [
      [0, [stale(AAAA, v6(1)), resolveFailed(A)], [`connect 1 ${v6(1)}`]],
      [5, refused(1), []],
      [1000, wake, ['lost deadline']],
      [1100, resolved(AAAA, v6(2)), []],
    ])
    expectSteps(t, begun(t, { timing }), [
      [0, [stale(AAAA), resolveFailed(A)], []],
      [10, aborted, ['lost aborted']],
    ])
  })
})

void t.test('the limit of attempts of one name', async t => {
  const sixes = (count: number) => Array.from({ length: count }, (_, i) => v6(i + 1))
  const fours = (count: number) => Array.from({ length: count }, (_, i) => v4(i + 1))

  await t.test('of both families alike, and no more', async t => {
    const machine = begun(t, { maxAttemptsPerName: 4 })
    expectSteps(t, machine, [
      [
        0,
        [resolved(AAAA, ...sixes(9)), resolved(A, ...fours(9))],
        [`connect 1 ${v6(1)}`, 'wake-at 250'],
      ],
      [100, refused(1), [`connect 2 ${v4(1)}`, 'wake-at 350']],
      [200, refused(2), [`connect 3 ${v6(2)}`, 'wake-at 450']],
      [300, refused(3), [`connect 4 ${v4(2)}`]],
      [400, refused(4), ['lost all-failed']],
    ])
  })

  await t.test('half of them are kept for a family that is still asked for', async t => {
    expectSteps(t, begun(t, { maxAttemptsPerName: 4 }), [
      [0, resolved(AAAA, ...sixes(9)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [100, refused(1), [`connect 2 ${v6(2)}`]],
      [200, refused(2), []],
      [3000, resolved(A, ...fours(9)), [`connect 3 ${v4(1)}`, 'wake-at 3250']],
      [3100, refused(3), [`connect 4 ${v4(2)}`]],
      [3200, refused(4), ['lost all-failed']],
    ])
    expectSteps(t, begun(t, { maxAttemptsPerName: 4 }), [
      [0, resolved(AAAA, ...sixes(9)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [100, refused(1), [`connect 2 ${v6(2)}`]],
      [200, refused(2), []],
      [3000, resolveFailed(A), [`connect 3 ${v6(3)}`, 'wake-at 3250']],
    ])
  })
})

void t.test('attempts without a file descriptor', async t => {
  const three = [
    0,
    [resolved(AAAA, v6(1), v6(2), v6(3)), resolveFailed(A)],
    [`connect 1 ${v6(1)}`, 'wake-at 250'],
  ] as const

  await t.test('the address stays the next, and a wake tries again', async t => {
    expectSteps(t, begun(t), [
      three,
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
      [250, deferred(2), []],
      [300, wake, [`connect 2 ${v6(2)}`, 'wake-at 550']],
      [310, connected(2), ['cancel 1 won', 'won 2 hidden']],
    ])
  })

  await t.test('it is tried again in time, without a wake from outside', async t => {
    expectSteps(t, begun(t), [
      three,
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
      [250, deferred(2), []],
      [500, wake, [`connect 2 ${v6(2)}`, 'wake-at 750']],
      [500, deferred(2), []],
      [600, refused(1), [`connect 2 ${v6(2)}`, 'wake-at 850']],
    ])
  })

  await t.test('the race is not lost while it waits', async t => {
    expectSteps(t, begun(t, { timing: { connectionAttemptDelayMs: null } }), [
      [0, [resolved(AAAA, v6(1), v6(2)), resolveFailed(A)], [`connect 1 ${v6(1)}`]],
      [20, refused(1), [`connect 2 ${v6(2)}`]],
      [20, deferred(2), [`connect 2 ${v6(2)}`]],
    ])
  })

  await t.test(
    'where descriptors run out the oldest are given up, and the newest go on',
    async t => {
      const machine = begun(t, { maxConcurrentAttempts: 8 })
      const addresses = Array.from({ length: 9 }, (_, i) => v6(i + 1))
      machine.handle([resolved(AAAA, ...addresses), resolveFailed(A)], 0)
      for (let i = 1; i < 8; i++) machine.handle(wake, 250 * i)
      expectSteps(t, machine, [
        [1800, scarce, ['cancel 1 descriptors', 'cancel 2 descriptors', 'wake-at 2000']],
        [1801, connected(1), ['cancel 1 second']],
        [1802, refused(2), []],
        [1900, scarce, []],
        [1910, connected(8), [3, 4, 5, 6, 7].map(n => `cancel ${n} won`).concat('won 8 hidden')],
        [1911, scarce, []],
      ])
      expectSteps(t, begun(t), [[1, scarce, []]])
    },
  )

  await t.test('the race may be over before it is known', async t => {
    expectSteps(t, begun(t), [
      three,
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
      [250, [aborted, deferred(2)], ['cancel 1 aborted', 'cancel 2 aborted', 'lost aborted']],
    ])
  })
})

void t.test('RFC 8305 section 4: sorting addresses', async t => {
  await t.test('sorted, then the families alternate', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(A, v4(1), v4(2)), ['wake-at 50']],
      [1, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 251']],
      [251, wake, [`connect 2 ${v4(1)}`, 'wake-at 501']],
      [501, wake, [`connect 3 ${v6(2)}`, 'wake-at 751']],
      [751, wake, [`connect 4 ${v4(2)}`]],
    ])
  })

  await t.test('a First Address Family Count of 2', async t => {
    expectSteps(t, begun(t, { firstAddressFamilyCount: 2 }), [
      [0, resolveFailed(A), []],
      [1, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 251']],
      [2, resolved(A, v4(1)), []],
      [251, wake, [`connect 2 ${v6(2)}`, 'wake-at 501']],
      [501, wake, [`connect 3 ${v4(1)}`, 'wake-at 751']],
    ])
  })

  await t.test('a late answer is placed by the order of the complete list', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [100, resolved(A, v4(1)), []],
      [250, wake, [`connect 2 ${v4(1)}`, 'wake-at 500']],
      [500, wake, [`connect 3 ${v6(2)}`, 'wake-at 750']],
    ])
  })

  await t.test('addresses given by hand keep their order and are interleaved', async t => {
    const queries = queriesFor([v4(1), 'A'], [v4(2), 'A'], [v6(1), 'AAAA'])
    expectSteps(t, begun(t, { queries, order: 'given', preferredFamily: 4 }), [
      [0, resolved(0, v4(1)), [`connect 1 ${v4(1)}`]],
      [0, resolved(1, v4(2)), ['wake-at 250']],
      [0, resolved(2, v6(1)), []],
      [250, wake, [`connect 2 ${v6(1)}`, 'wake-at 500']],
      [500, wake, [`connect 3 ${v4(2)}`]],
    ])
  })

  await t.test('a family preferred by hand goes first', async t => {
    expectSteps(t, begun(t, { order: 'preferred', preferredFamily: 4 }), [
      [0, resolved(AAAA, v6(1)), ['wake-at 50']],
      [1, resolved(A, v4(1)), [`connect 1 ${v4(1)}`, 'wake-at 251']],
      [251, wake, [`connect 2 ${v6(1)}`]],
    ])
  })

  await t.test('an address that two lookups bring is tried once', async t => {
    const queries = queriesFor(['a.example', 'A'], ['b.example', 'A'])
    expectSteps(t, begun(t, { queries, preferredFamily: 4 }), [
      [0, resolved(0, v4(1)), [`connect 1 ${v4(1)}`]],
      [1, resolved(1, v4(1)), []],
      [9, refused(1), ['lost all-failed']],
    ])
  })
})

void t.test('RFC 8305 section 5: connection attempts', async t => {
  await t.test(
    'nothing after 249 ms, one attempt a millisecond later, for 20 addresses',
    async t => {
      const machine = begun(t, { maxConcurrentAttempts: 100 })
      const addresses = Array.from({ length: 20 }, (_, i) => v6(i + 1))
      expectSteps(t, machine, [
        [0, resolveFailed(A), []],
        [0, resolved(AAAA, ...addresses), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      ])
      for (let n = 2; n <= 20; n++) {
        const due = (n - 1) * 250
        const more = n < 20 ? [`wake-at ${due + 250}`] : []
        expectSteps(t, machine, [
          [due - 1, wake, [`wake-at ${due}`]],
          [due, wake, [`connect ${n} ${v6(n)}`, ...more]],
        ])
      }
    },
  )

  await t.test(
    'a wake that comes early by a fraction changes nothing and is asked for again',
    async t => {
      expectSteps(t, begun(t), [
        [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
        [249.3, wake, ['wake-at 250']],
        [250, wake, [`connect 2 ${v6(2)}`]],
      ])
    },
  )

  await t.test('a slow first attempt can still win after later ones have started', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`]],
      [900, connected(1), ['cancel 2 won', 'won 1']],
    ])
  })

  await t.test('the others are cancelled, what was not tried is left alone', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
      [271, connected(2), ['cancel 1 won', 'won 2 hidden']],
      [500, wake, []],
    ])
  })

  await t.test(
    'a refused first attempt starts the next at once, but not within the floor',
    async t => {
      expectSteps(t, begun(t), [
        [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
        [4, refused(1), ['wake-at 10']],
        [9.9, wake, ['wake-at 10']],
        [10, wake, [`connect 2 ${v6(2)}`]],
        [40, refused(2), []],
      ])
      expectSteps(t, begun(t), [
        [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
        [30, refused(1), [`connect 2 ${v6(2)}`]],
      ])
    },
  )

  await t.test('the newest failing starts the next, an older one does not', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1), v6(2), v6(3), v6(4)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
      [300, refused(1), []],
      [320, refused(2), [`connect 3 ${v6(3)}`, 'wake-at 570']],
      [400, refused(3), [`connect 4 ${v6(4)}`]],
    ])
  })

  await t.test('the newest failing starts the next although an older one is in flight', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
      [262, refused(2), [`connect 3 ${v6(3)}`]],
    ])
  })

  await t.test('attempts that fail inside the host cost no time at all', async t => {
    expectSteps(t, begun(t), [
      [5, resolveFailed(A), []],
      [5, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 255']],
      [5, unreachable(1), [`connect 2 ${v6(2)}`]],
      [5, unreachable(2), [`connect 3 ${v6(3)}`]],
      [5, unreachable(3), ['lost all-failed']],
    ])
  })

  await t.test('a local failure between two sent attempts does not shorten the floor', async t => {
    expectSteps(t, begun(t), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [2, refused(1), ['wake-at 10']],
      [10, wake, [`connect 2 ${v6(2)}`, 'wake-at 260']],
      [10, unreachable(2), [`connect 3 ${v6(3)}`]],
    ])
  })

  await t.test(
    'a local failure of the newest does not start another beside one in flight too early',
    async t => {
      expectSteps(t, begun(t), [
        [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
        [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
        [250, denied(2), [`connect 3 ${v6(3)}`]],
      ])
    },
  )

  await t.test(
    'at the cap nothing starts, and nothing is killed, until an attempt is 3 s old',
    async t => {
      const machine = begun(t)
      const addresses = Array.from({ length: 7 }, (_, i) => v6(i + 1))
      expectSteps(t, machine, [
        [0, resolved(AAAA, ...addresses), [`connect 1 ${v6(1)}`, 'wake-at 250']],
        [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
        [500, wake, [`connect 3 ${v6(3)}`, 'wake-at 750']],
        [750, wake, [`connect 4 ${v6(4)}`, 'wake-at 1000']],
        [1000, wake, [`connect 5 ${v6(5)}`, 'wake-at 1250']],
        [1250, wake, [`connect 6 ${v6(6)}`, 'wake-at 3000']],
        [2999, wake, ['wake-at 3000']],
        [3000, wake, [`connect 7 ${v6(7)}`]],
        [3020, connected(7), [1, 2, 3, 4, 5, 6].map(n => `cancel ${n} won`).concat('won 7 hidden')],
      ])
    },
  )

  await t.test('a place freed at the cap is used as soon as the delay has passed', async t => {
    expectSteps(t, begun(t, { maxConcurrentAttempts: 2 }), [
      [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 3000']],
      [300, refused(1), ['wake-at 500']],
      [500, wake, [`connect 3 ${v6(3)}`]],
    ])
  })

  await t.test('a delay of null tries one after the other, the floor between them', async t => {
    expectSteps(t, begun(t, { timing: { connectionAttemptDelayMs: null } }), [
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`]],
      [0, resolveFailed(A), []],
      [3, refused(1), ['wake-at 10']],
      [10, wake, [`connect 2 ${v6(2)}`]],
      [800, refused(2), ['lost all-failed']],
    ])
  })

  await t.test('a delay below the floor is the floor', async t => {
    expectSteps(t, begun(t, { timing: { connectionAttemptDelayMs: 0 } }), [
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 10']],
    ])
  })

  await t.test("a candidate's own delay takes the place of the race's", async t => {
    const soon = marked(v6(1), { attemptDelayMs: 20 })
    const late = marked(v6(2), { attemptDelayMs: 700 })
    expectSteps(t, begun(t), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, soon, late, v6(3), v6(4)), [`connect 1 ${v6(1)}`, 'wake-at 20']],
      [20, wake, [`connect 2 ${v6(2)}`, 'wake-at 720']],
      [720, wake, [`connect 3 ${v6(3)}`, 'wake-at 970']],
    ])
    const hasty = marked(v6(1), { attemptDelayMs: 1 })
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, hasty, v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 10']],
    ])
    expectSteps(t, begun(t, { timing: { connectionAttemptDelayMs: null } }), [
      [0, resolved(AAAA, soon, v6(2)), [`connect 1 ${v6(1)}`]],
    ])
  })

  await t.test('an attempt limit ends an attempt and lets the next start', async t => {
    expectSteps(t, begun(t, { timing: { attemptTimeoutMs: 100 } }), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 100']],
      [100, wake, ['cancel 1 attempt-timeout', `connect 2 ${v6(2)}`, 'wake-at 200']],
      [101, connected(1), ['cancel 1 second']],
      [102, refused(1), []],
      [200, wake, ['cancel 2 attempt-timeout', 'lost all-failed']],
    ])
  })
})

void t.test('the end of a race', async t => {
  await t.test('all failed: lost once the last has failed and no lookup is out', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [20, refused(1), []],
      [90, resolved(A, v4(1)), [`connect 2 ${v4(1)}`]],
      [95, refused(2), ['lost all-failed']],
    ])
  })

  await t.test('the overall deadline covers the lookups', async t => {
    expectSteps(t, begun(t, { timing: { connectTimeoutMs: 1000 } }), [
      [999, wake, ['wake-at 1000']],
      [1000, wake, ['lost deadline']],
    ])
  })

  await t.test('the overall deadline cancels what is in flight', async t => {
    expectSteps(t, begun(t, { timing: { connectTimeoutMs: 300 } }), [
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 300']],
      [300, wake, ['cancel 1 deadline', 'cancel 2 deadline', 'lost deadline']],
    ])
  })

  await t.test('two connect in one tick: one winner, the other is reset', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`]],
      [260, connected(2), ['cancel 1 won', 'won 2 hidden']],
      [260, connected(1), ['cancel 1 second']],
    ])
  })

  await t.test('late events after the end change nothing', async t => {
    const machine = begun(t)
    expectSteps(t, machine, [
      [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [9, connected(1), ['won 1']],
      [10, wake, []],
      [10, aborted, []],
      [10, resolved(A, v4(1)), []],
      [10, resolveFailed(A), []],
      [10, refused(1), []],
      [10, hello, []],
      [10, notHello, []],
      [10, confirmed(1), []],
    ])
  })

  await t.test('the requester leaves: everything in flight is cancelled', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [30, aborted, ['cancel 1 aborted', 'lost aborted']],
      [40, connected(1), ['cancel 1 second']],
    ])
    expectSteps(t, begun(t), [[30, aborted, ['lost aborted']]])
    expectSteps(t, createRaceMachine(raceConfig()), [[0, aborted, ['lost aborted']]])
  })

  await t.test(
    'hidden: RFC 6724 would have had another; denied candidates do not count',
    async t => {
      expectSteps(t, begun(t), [
        [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
        [1, resolved(A, v4(1)), ['wake-at 250']],
        [5, unreachable(1), [`connect 2 ${v4(1)}`]],
        [9, connected(2), ['won 2 hidden']],
      ])
      expectSteps(t, begun(t), [
        [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
        [1, resolved(A, v4(1)), ['wake-at 250']],
        [5, denied(1), [`connect 2 ${v4(1)}`]],
        [9, connected(2), ['won 2']],
      ])
    },
  )

  await t.test(
    'hidden: an address that its egress kept from being tried does not count',
    async t => {
      expectSteps(t, begun(t), [
        [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
        [1, resolved(A, v4(1)), ['wake-at 250']],
        [5, withoutEgress(1), [`connect 2 ${v4(1)}`]],
        [9, connected(2), ['won 2']],
      ])
    },
  )
})

void t.test('RFC 8305 section 6: answers that change during a race', async t => {
  await t.test('a started attempt goes on, an untried address is dropped', async t => {
    expectSteps(t, begun(t), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [100, resolved(AAAA, v6(3)), []],
      [250, wake, [`connect 2 ${v6(3)}`]],
      [260, connected(1), ['cancel 2 won', 'won 1']],
    ])
  })

  await t.test('an added address takes its place among the untried', async t => {
    const near = marked(v6(9), { source: '2001:db8::99', sourcePrefixLength: 128 })
    const far = (address: string) => marked(address, { source: '2001:db9::1' })
    expectSteps(t, begun(t), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, far(v6(1)), far(v6(2))), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [100, resolved(AAAA, far(v6(1)), far(v6(2)), near), []],
      [250, wake, [`connect 2 ${v6(9)}`, 'wake-at 500']],
      [500, wake, [`connect 3 ${v6(2)}`]],
    ])
  })

  await t.test('an address that was tried, dropped and added again is not tried twice', async t => {
    expectSteps(t, begun(t), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [20, resolved(AAAA, v6(2)), ['wake-at 250']],
      [30, resolved(AAAA, v6(2), v6(1)), []],
      [250, wake, [`connect 2 ${v6(2)}`]],
      [260, refused(2), []],
      [270, refused(1), ['lost all-failed']],
    ])
  })

  await t.test('an answer that takes all away leaves what was started', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [10, resolveFailed(A), []],
      [20, resolveFailed(AAAA, 'ENOTFOUND'), []],
      [250, wake, []],
      [300, connected(1), ['won 1']],
    ])
    expectSteps(t, begun(t), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [20, resolveFailed(AAAA, 'ENOTFOUND'), []],
      [30, refused(1), ['lost all-failed']],
    ])
  })

  await t.test('a family that comes to have addresses joins the race', async t => {
    expectSteps(t, begun(t), [
      [0, resolveFailed(AAAA), []],
      [0, resolved(A, v4(1)), [`connect 1 ${v4(1)}`]],
      [20, resolved(AAAA, v6(1)), ['wake-at 250']],
      [250, wake, [`connect 2 ${v6(1)}`]],
    ])
  })

  await t.test('an answer may change before anything was tried', async t => {
    expectSteps(t, begun(t), [
      [0, resolved(A, v4(1)), ['wake-at 50']],
      [20, resolved(A, v4(2)), []],
      [50, wake, [`connect 1 ${v4(2)}`]],
    ])
    expectSteps(t, begun(t), [
      [0, resolved(A, v4(1)), ['wake-at 50']],
      [20, resolveFailed(A), []],
      [50, wake, []],
      [60, resolveFailed(AAAA), ['lost no-addresses']],
    ])
  })
})

void t.test('what cannot happen is a bug and throws', async t => {
  const unknown = [
    connected(7),
    refused(7),
    connected(0),
    deferred(7),
    resolved(9, v6(1)),
    resolveFailed(9),
  ]
  for (const event of unknown) {
    t.throws(() => begun(t).handle(event, 1), { code: 'ERR_BUG' }, `${event.type} while resolving`)
  }
  const racing = (): ReturnType<typeof begun> => {
    const machine = begun(t)
    machine.handle(resolved(AAAA, v6(1)), 0)
    return machine
  }
  for (const event of unknown) {
    t.throws(() => racing().handle(event, 1), { code: 'ERR_BUG' }, `${event.type} while racing`)
  }
  const won = racing()
  won.handle(connected(1), 1)
  t.throws(() => won.handle(deferred(2), 2), { code: 'ERR_BUG' })
  const two = racing()
  two.handle(resolved(A, v4(1)), 1)
  two.handle(wake, 250)
  t.throws(() => two.handle(deferred(1), 250), { code: 'ERR_BUG' }, 'not the newest')
  two.handle(refused(2), 251)
  t.throws(() => two.handle(deferred(2), 252), { code: 'ERR_BUG' }, 'it had started')
  t.throws(() => won.handle(connected(2), 2), { code: 'ERR_BUG' })
  t.throws(() => won.handle(confirmed(2), 2), { code: 'ERR_BUG' })
  for (const event of [hello, notHello, confirmed(1)]) {
    t.throws(() => begun(t).handle(event, 1), { code: 'ERR_BUG' }, `${event.type} while resolving`)
    t.throws(() => racing().handle(event, 1), { code: 'ERR_BUG' }, `${event.type} while racing`)
  }
  const confirming = begun(t, { confirm: 'tls' })
  for (const event of [resolved(AAAA, v6(1), v6(2)), connected(1), hello])
    confirming.handle(event, 1)
  for (const event of [hello, notHello, connected(1), confirmed(2), closed(2), deferred(1)]) {
    t.throws(() => confirming.handle(event, 2), { code: 'ERR_BUG' }, `${event.type} again`)
  }
  t.throws(() => begun(t).handle(resolved(A, v6(1)), 1), { code: 'ERR_BUG' }, 'wrong family')
  const idle = createRaceMachine(raceConfig())
  t.throws(() => idle.handle(resolved(AAAA, v6(1)), 1), { code: 'ERR_BUG' }, 'before it began')
})

void t.test(
  'an IPv4-mapped address of an IPv6 lookup is one target with the same A record',
  async t => {
    const machine = begun(t)
    machine.handle(resolved(AAAA, v4(1)), 1)
    machine.handle(resolved(A, v4(1)), 2)
    machine.handle({ type: 'wake' }, 5000)
    const commands = machine
      .trace()
      .entries.flatMap(entry =>
        'command' in entry && entry.command.type === 'connect' ? entry.command : [],
      )
    t.match(commands, [{ address: v4(1), family: 4 }])
  },
)

void t.test('the trace holds every event and command with its time', async t => {
  const machine = begun(t)
  machine.handle(resolved(AAAA, v6(1)), 3)
  machine.handle(connected(1), 30)
  const { v, config, entries } = machine.trace()
  t.equal(v, 1)
  t.strictSame(config, raceConfig())
  t.strictSame(
    entries.map(entry => ('event' in entry ? entry.event.type : entry.command.type)),
    ['wake', 'resolve', 'resolve', 'resolved', 'connect', 'connected', 'won'],
  )
  t.strictSame(
    entries.map(({ at }) => at),
    [0, 0, 0, 3, 3, 30, 30],
  )
})
