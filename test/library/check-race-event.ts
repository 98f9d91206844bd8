import t from 'tap'
import { checkRaceEvent } from '../../src/library/check-race-event.ts'

const candidate = { family: 4, address: '192.0.2.1', port: 1, source: null } as const

void t.test('every event', async t => {
  for (const event of [
    { type: 'wake' },
    { type: 'resolved', id: 0, candidates: [candidate], source: 'dns', ttl: 60 },
    { type: 'resolve-failed', id: 1, code: 'ENOTFOUND', source: 'dns' },
    { type: 'connected', id: 1, local: '' },
    { type: 'connect-failed', id: 1, code: 'EIO', message: '', sent: false },
    { type: 'aborted' },
    { type: 'deferred', id: 2 },
    { type: 'scarce' },
    { type: 'hello' },
    { type: 'not-hello' },
    { type: 'confirmed', id: 1 },
  ]) {
    t.doesNotThrow(() => checkRaceEvent(event, 'x'), event.type)
  }
})

void t.test('what is none', async t => {
  for (const [event, name, message] of [
    [5, 'TypeError', /^x is 5: an event, or a list of events, is allowed/],
    [{}, 'TypeError', /^x\.type is undefined: wake, resolved, /],
    [{ type: 'constructor' }, 'RangeError', /^x\.type is 'constructor'/],
    [{ type: 'deferred', id: -1 }, 'RangeError', /^x\.id is -1/],
    [
      { type: 'resolved', id: 0, candidates: [{}], source: 'dns' },
      'TypeError',
      /^x\.candidates\[0\]/,
    ],
    [
      { type: 'resolve-failed', id: 0, code: 5, source: '' },
      'TypeError',
      /^x\.code is 5: a string/,
    ],
  ] as const) {
    t.throws(() => checkRaceEvent(event, 'x'), { name, code: 'ERR_INVALID_ARG', message })
  }
})
