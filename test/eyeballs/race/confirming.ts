import t from 'tap'
import type { Test } from 'tap'
import type { RaceMachine } from '../../../src/eyeballs/race/machine.ts'
import type { Step } from '../../fixtures/race.ts'
import {
  A,
  AAAA,
  aborted,
  begun,
  closed,
  confirmed,
  connected,
  deferred,
  denied,
  expectSteps,
  hello,
  notHello,
  refused,
  resolved,
  resolveFailed,
  scarce,
  stale,
  unreachable,
  v4,
  v6,
  wake,
} from '../../fixtures/race.ts'

type Changes = Parameters<typeof begun>[1]

/** A race of three addresses, won provisionally by the first after 20 ms. */
const won = (test: Test, changes: Changes = {}): RaceMachine => {
  const machine = begun(test, { confirm: 'tls', ...changes })
  machine.handle(resolved(AAAA, v6(1), v6(2)), 0)
  machine.handle(resolved(A, v4(1)), 0)
  test.match(machine.handle(connected(1), 20), [{ type: 'won', id: 1, provisional: true }])
  return machine
}

void t.test('a race that nobody has confirmed, when it is won', async t => {
  await t.test('provisionally, as long as there is another address to try', async t => {
    expectSteps(t, begun(t, { confirm: 'tls' }), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [20, connected(1), ['won 1 provisional']],
    ])
  })

  await t.test('or an attempt in flight, which lives on', async t => {
    expectSteps(t, begun(t, { confirm: 'tls' }), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`]],
      [260, connected(2), ['won 2 provisional hidden']],
    ])
  })

  await t.test('or a lookup without its answer', async t => {
    expectSteps(t, begun(t, { confirm: 'tls' }), [
      [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [20, connected(1), ['won 1 provisional']],
    ])
  })

  await t.test('for good, where there is nothing else', async t => {
    expectSteps(t, begun(t, { confirm: 'tls' }), [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [30, refused(1), [`connect 2 ${v6(2)}`]],
      [50, connected(2), ['won 2 hidden']],
    ])
  })

  await t.test('for good, where it is not to be confirmed', async t => {
    expectSteps(t, begun(t, { confirm: 'none' }), [
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [20, connected(1), ['won 1']],
    ])
  })
})

/** What follows a provisional win by the first of three addresses. */
const AFTER: readonly [name: string, steps: readonly Step[], changes?: Changes][] = [
  [
    'the first answers the ClientHello',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [60, confirmed(1), ['joined 1']],
    ],
  ],
  [
    'it does not: after twice its handshake and the delay, the next is dialled and greeted',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [314, wake, ['wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [330, connected(2), ['greet 2', 'wake-at 610']],
      [360, confirmed(2), ['cancel 1 unconfirmed', 'joined 2 hidden']],
    ],
  ],
  [
    'the first may still answer when others have been greeted',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [330, connected(2), ['greet 2', 'wake-at 610']],
      [610, wake, [`connect 3 ${v6(2)}`]],
      [650, confirmed(1), ['cancel 2 unconfirmed', 'cancel 3 unconfirmed', 'joined 1']],
      [651, connected(3), ['cancel 3 second']],
      [651, confirmed(2), []],
    ],
  ],
  [
    'a dialled one that does not connect is not waited for longer than any attempt',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [565, wake, [`connect 3 ${v6(2)}`]],
      [580, connected(3), ['greet 3']],
      [590, connected(2), ['greet 2']],
      [600, confirmed(2), ['cancel 1 unconfirmed', 'cancel 3 unconfirmed', 'joined 2 hidden']],
    ],
  ],
  [
    'one that is refused, or cannot be sent to, makes the next due at once, the floor kept',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [318, refused(2), ['wake-at 325']],
      [325, wake, [`connect 3 ${v6(2)}`]],
      [326, unreachable(3), ['joined 1']],
    ],
  ],
  [
    'one that an access rule denies costs nothing',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [315, denied(2), [`connect 3 ${v6(2)}`]],
    ],
  ],
  [
    'one that no descriptor was free for waits, and so does its turn',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [315, deferred(2), []],
      [400, wake, [`connect 2 ${v4(1)}`, 'wake-at 650']],
      [400, deferred(2), []],
      [500, closed(1), [`connect 2 ${v4(1)}`, 'wake-at 750']],
      [510, connected(2), ['greet 2', 'wake-at 780']],
    ],
  ],
  [
    'one that is given up for want of descriptors is not waited for',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [320, scarce, []],
    ],
  ],
  [
    'the first closes on the ClientHello: the next at once',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [40, closed(1), [`connect 2 ${v4(1)}`, 'wake-at 290']],
      [60, connected(2), ['greet 2', 'wake-at 350']],
      [90, confirmed(2), ['joined 2 hidden']],
    ],
  ],
  [
    'it closes before the client has spoken: another is made ready',
    [
      [30, closed(1), [`connect 2 ${v4(1)}`, 'wake-at 280']],
      [45, connected(2), []],
      [50, hello, ['greet 2', 'wake-at 330']],
      [90, confirmed(2), ['joined 2 hidden']],
    ],
  ],
  [
    'and where one is in flight, it is the one whose turn it is',
    [
      [30, closed(1), [`connect 2 ${v4(1)}`, 'wake-at 280']],
      [50, hello, ['wake-at 300']],
      [60, connected(2), ['greet 2', 'wake-at 370']],
      [370, wake, [`connect 3 ${v6(2)}`]],
      [380, connected(3), ['greet 3']],
      [390, closed(2), ['joined 3 hidden']],
    ],
  ],
  [
    'all close, or are refused: lost',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [40, closed(1), [`connect 2 ${v4(1)}`, 'wake-at 290']],
      [60, refused(2), [`connect 3 ${v6(2)}`]],
      [80, refused(3), ['lost all-failed']],
    ],
  ],
  ['no ClientHello: the first, at once', [[25, notHello, ['joined 1']]]],
  [
    'no ClientHello, and the first has closed: the first that connects',
    [
      [22, closed(1), [`connect 2 ${v4(1)}`, 'wake-at 272']],
      [25, notHello, []],
      [272, wake, [`connect 3 ${v6(2)}`]],
      [280, connected(3), ['cancel 2 won', 'joined 3 hidden']],
    ],
  ],
  ['a target that speaks first has won, whoever greeted whom', [[21, confirmed(1), ['joined 1']]]],
  [
    'a delay of null: only a failure lets the next start',
    [
      [25, hello, ['greet 1']],
      [900, closed(1), [`connect 2 ${v4(1)}`]],
    ],
    { timing: { connectionAttemptDelayMs: null } },
  ],
  [
    'late answers are merged: what is gone is not dialled, what came is',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [30, resolveFailed(A), []],
      [40, resolved(AAAA, v6(1), v6(3)), []],
      [315, wake, [`connect 2 ${v6(3)}`]],
    ],
  ],
  [
    'the last that is left carries the stream, also where it never answered',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [30, resolveFailed(A), []],
      [40, resolveFailed(AAAA), ['joined 1']],
    ],
  ],
  [
    'an idle client is not punished: at the deadline it gets the first',
    [
      [999, wake, ['wake-at 1000']],
      [1000, wake, ['joined 1']],
    ],
    { timing: { connectTimeoutMs: 1000 } },
  ],
  [
    'nor is one whose targets are silent',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 500']],
      [330, connected(2), ['greet 2']],
      [500, wake, ['cancel 2 won', 'joined 1']],
    ],
    { timing: { connectTimeoutMs: 500 } },
  ],
  [
    'at the deadline with none open: lost',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [40, closed(1), [`connect 2 ${v4(1)}`, 'wake-at 290']],
      [290, wake, [`connect 3 ${v6(2)}`, 'wake-at 500']],
      [500, wake, ['cancel 2 deadline', 'cancel 3 deadline', 'lost deadline']],
    ],
    { timing: { connectTimeoutMs: 500 } },
  ],
  [
    'an attempt limit holds for those that connect, not for those that answer',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 415']],
      [415, wake, ['cancel 2 attempt-timeout', `connect 3 ${v6(2)}`, 'wake-at 515']],
      [430, connected(3), ['greet 3']],
      [431, connected(2), ['cancel 2 second']],
    ],
    { timing: { attemptTimeoutMs: 100 } },
  ],
  [
    'the client leaves: all connections are ended',
    [
      [25, hello, ['greet 1', 'wake-at 315']],
      [315, wake, [`connect 2 ${v4(1)}`, 'wake-at 565']],
      [320, aborted, ['cancel 1 aborted', 'cancel 2 aborted', 'lost aborted']],
      [321, closed(1), []],
    ],
  ],
]

for (const [name, steps, changes] of AFTER) {
  void t.test(name, async t => expectSteps(t, won(t, changes), steps))
}

void t.test('attempts that were in flight when the race was won', async t => {
  const two = (): RaceMachine => {
    const machine = begun(t, { confirm: 'tls' })
    expectSteps(t, machine, [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`, 'wake-at 500']],
      [260, connected(1), ['won 1 provisional']],
    ])
    return machine
  }

  await t.test('nothing new starts while the client has not spoken', async t => {
    expectSteps(t, two(), [
      [500, wake, []],
      [600, refused(2), []],
    ])
  })

  await t.test('one that has connected meanwhile is greeted next, without a dial', async t => {
    expectSteps(t, two(), [
      [280, connected(2), []],
      [300, hello, ['greet 1', 'wake-at 1070']],
      [1070, wake, ['greet 2', 'wake-at 1380']],
      [1380, wake, [`connect 3 ${v6(3)}`]],
    ])
  })

  await t.test(
    'one still in flight has its turn, and is greeted as soon as it connects',
    async t => {
      expectSteps(t, two(), [
        [300, hello, ['greet 1', 'wake-at 1070']],
        [1070, wake, ['wake-at 1320']],
        [1200, connected(2), ['greet 2', 'wake-at 3200']],
        [1210, confirmed(2), ['cancel 1 unconfirmed', 'joined 2 hidden']],
      ])
    },
  )

  await t.test('one that connects before its turn waits for it', async t => {
    expectSteps(t, two(), [
      [300, hello, ['greet 1', 'wake-at 1070']],
      [400, connected(2), []],
      [1070, wake, ['greet 2', 'wake-at 1620']],
    ])
  })

  await t.test(
    'the first closed: the next that is open gets the ClientHello, or the stream',
    async t => {
      const machine = two()
      expectSteps(t, machine, [
        [280, connected(2), []],
        [290, closed(1), []],
        [300, hello, ['greet 2', 'wake-at 610']],
      ])
      expectSteps(t, two(), [
        [280, connected(2), []],
        [290, closed(1), []],
        [300, notHello, ['joined 2 hidden']],
      ])
    },
  )

  await t.test('two are open and nothing else is left: both still may answer', async t => {
    const machine = begun(t, { confirm: 'tls' })
    expectSteps(t, machine, [
      [0, resolveFailed(A), []],
      [0, resolved(AAAA, v6(1), v6(2)), [`connect 1 ${v6(1)}`, 'wake-at 250']],
      [250, wake, [`connect 2 ${v6(2)}`]],
      [260, connected(2), ['won 2 provisional hidden']],
      [270, connected(1), []],
      [280, hello, ['greet 2', 'wake-at 550']],
      [550, wake, ['greet 1']],
      [560, closed(2), ['joined 1']],
    ])
  })

  await t.test('the wait for an answer is at most 2 s, however slow the handshake was', async t => {
    expectSteps(t, begun(t, { confirm: 'tls' }), [
      [0, resolved(AAAA, v6(1)), [`connect 1 ${v6(1)}`]],
      [1030, connected(1), ['won 1 provisional']],
      [1040, hello, ['greet 1']],
      [1050, resolved(A, v4(1)), ['wake-at 3040']],
      [3040, wake, [`connect 2 ${v4(1)}`]],
    ])
  })
})

void t.test('at the cap of attempts in flight none is dialled', async t => {
  expectSteps(t, begun(t, { confirm: 'tls', maxConcurrentAttempts: 1 }), [
    [0, resolveFailed(A), []],
    [0, resolved(AAAA, v6(1), v6(2), v6(3)), [`connect 1 ${v6(1)}`, 'wake-at 3000']],
    [20, connected(1), ['won 1 provisional']],
    [25, hello, ['greet 1', 'wake-at 315']],
    [315, wake, [`connect 2 ${v6(2)}`, 'wake-at 565']],
    [565, wake, ['wake-at 3315']],
    [3315, wake, [`connect 3 ${v6(3)}`]],
  ])
})

void t.test('a stale answer may bring another address, so its race is confirmed', async t => {
  const steps: readonly Step[] = [
    [0, [stale(AAAA, v6(1)), resolveFailed(A)], [`connect 1 ${v6(1)}`]],
    [20, connected(1), ['won 1 provisional']],
  ]
  expectSteps(t, begun(t, { confirm: 'tls' }), [
    ...steps,
    [30, resolved(AAAA, v6(1)), ['joined 1']],
  ])
  expectSteps(t, begun(t, { confirm: 'tls' }), [
    ...steps,
    [25, hello, ['greet 1']],
    [30, resolved(AAAA, v6(2)), ['wake-at 315']],
    [315, wake, [`connect 2 ${v6(2)}`]],
  ])
  expectSteps(t, begun(t, { confirm: 'tls' }), [
    ...steps,
    [25, closed(1), []],
    [30, resolved(AAAA, v6(2)), [`connect 2 ${v6(2)}`]],
  ])
})

void t.test(
  'descriptors that run out cost the oldest that still connect, not who is greeted',
  async t => {
    const machine = begun(t, { confirm: 'tls', maxConcurrentAttempts: 9 })
    const addresses = Array.from({ length: 9 }, (_, i) => v6(i + 1))
    machine.handle([resolved(AAAA, ...addresses), resolveFailed(A)], 0)
    for (let i = 1; i < 7; i++) machine.handle(wake, 250 * i)
    machine.handle(connected(1), 1600)
    machine.handle(hello, 1610)
    expectSteps(t, machine, [
      [1700, scarce, ['cancel 2 descriptors']],
      [1710, scarce, []],
      [1720, confirmed(1), [3, 4, 5, 6, 7].map(n => `cancel ${n} unconfirmed`).concat('joined 1')],
    ])
  },
)
