import t from 'tap'
import {
  checkListener,
  checkListeners,
  listenerLabel,
  listenersIn,
  under,
} from '../../../src/config/check/listeners.ts'

const pathsOf = (value: unknown): readonly string[] =>
  checkListener(value).map(({ path }) => path.join('.'))

t.test('checkListener finds keys that exclude or need each other', async t => {
  const socks = { protocol: 'socks', listen: '127.0.0.1:1' }
  const forward = { protocol: 'forward', listen: '127.0.0.1:1', target: 'h:1' }
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [socks, []],
    [forward, []],
    ['x', []],
    [{}, []],
    [{ ...socks, target: 'h:1' }, ['target']],
    [{ ...socks, target: 5 }, ['target']],
    [{ ...forward, target: undefined }, []],
    [{ protocol: 'forward', listen: '127.0.0.1:1' }, ['target']],
    [{ ...forward, auth: {} }, ['auth']],
    [{ ...socks, mode: 600, group: 'a' }, ['mode', 'group']],
    [{ ...socks, listen: ['127.0.0.1:1', 'unix:/a'], mode: 600 }, []],
    [{ ...socks, listen: '0.0.0.0:1' }, ['listen']],
    [{ ...socks, listen: '0.0.0.0:1', open: false }, ['listen']],
    [{ ...socks, listen: '0.0.0.0:1', open: 'x' }, ['listen']],
    [{ ...socks, listen: '0.0.0.0:1', auth: 5 }, []],
    [{ ...socks, listen: '0.0.0.0:1', clients: 5 }, []],
    [{ ...socks, listen: '0.0.0.0:1', open: true }, []],
    [{ ...forward, listen: '0.0.0.0:1', auth: {} }, ['auth', 'listen']],
    [{ protocol: 'x', listen: '0.0.0.0:1' }, ['listen']],
  ]
  for (const [value, expected] of cases)
    t.strictSame(pathsOf(value), expected, JSON.stringify(value))
})

t.test('a name with a colon is a mistake where it can never log in', async t => {
  const auth = { users: { 'a:b': 'p', c: 'd:e', ':': 'p' } }
  for (const protocol of ['http', 'socks', 'mixed']) {
    const found = pathsOf({ protocol, listen: '127.0.0.1:1', auth })
    t.strictSame(found, protocol === 'http' ? ['auth.users.a:b', 'auth.users.:'] : [], protocol)
  }
  const http = { protocol: 'http', listen: '127.0.0.1:1' }
  for (const other of [5, {}, { users: 5 }]) t.strictSame(pathsOf({ ...http, auth: other }), [])
})

t.test('the message for an open listener names what may guard it', async t => {
  const [socks] = checkListener({ protocol: 'socks', listen: '0.0.0.0:1' })
  t.match(socks?.message, /auth .*clients .*open: true/)
  const [forward] = checkListener({ protocol: 'forward', target: 'h:1', listen: '0.0.0.0:1' })
  t.notMatch(forward?.message, /auth/)
})

t.test('under prefixes paths', async t => {
  const finding = { path: ['b'], what: 'key', message: 'm' } as const
  t.strictSame(under(['a', 0], [finding]), [{ ...finding, path: ['a', 0, 'b'] }])
})

const paths = (...listeners: readonly object[]): readonly string[] =>
  checkListeners(listeners.map(listener => ({ protocol: 'socks', ...listener }))).map(({ path }) =>
    path.join('.'),
  )

t.test('two listeners cannot have one address, however it is written', async t => {
  t.strictSame(paths({ listen: '127.0.0.1:1' }, { listen: '127.0.0.1:2' }), [])
  t.strictSame(paths({ listen: '127.0.0.1:0' }, { listen: '127.0.0.1:0' }), [])
  t.strictSame(paths({ listen: '127.0.0.1:1' }, { listen: '[::ffff:127.0.0.1]:1' }), [
    'listeners.1.listen',
  ])
  t.strictSame(paths({ listen: 'localhost:1' }, { listen: ['127.0.0.1:2', '[::1]:1'] }), [
    'listeners.1.listen.1',
  ])
  t.strictSame(paths({ listen: 'unix:/a' }, { listen: 'unix:/a' }), ['listeners.1.listen'])
  t.strictSame(paths({ listen: 5 }, { listen: '127.0.0.1:1' }), [])
})

t.test('two listeners cannot have one name', async t => {
  t.strictSame(paths({ name: 'a', listen: '127.0.0.1:1' }, { name: 'a', listen: '127.0.0.1:2' }), [
    'listeners.1.name',
  ])
  t.strictSame(
    paths({ name: 'a b', listen: '127.0.0.1:1' }, { name: 'a b', listen: '127.0.0.1:2' }),
    [],
  )
})

t.test('checkListeners checks each listener and ignores other values', async t => {
  t.strictSame(paths({ listen: '127.0.0.1:1' }, { listen: '0.0.0.0:2' }), ['listeners.1.listen'])
  t.strictSame(checkListeners('x'), [])
})

t.test('listenerLabel is the name, else the index', async t => {
  t.equal(listenerLabel({ name: 'a' }, 3), 'the listener "a"')
  t.equal(listenerLabel({}, 3), 'listeners[3]')
  t.equal(listenerLabel(undefined, 3), 'listeners[3]')
})

t.test('a single listener without a list has the path of the key', async t => {
  t.strictSame(listenersIn({ a: 1 }), [{ value: { a: 1 }, path: ['listeners'] }])
  t.strictSame(listenersIn(['x']), [{ value: 'x', path: ['listeners', 0] }])
  t.match(checkListeners({ protocol: 'socks', listen: ['127.0.0.1:1', '127.0.0.1:1'] }), [
    { path: ['listeners', 'listen', 1] },
  ])
})
