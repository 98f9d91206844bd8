import t from 'tap'
import { checkListener, under } from '../../../src/config/check/listener.ts'

const paths = (value: unknown): readonly string[] =>
  checkListener(value).map(({ path }) => path.join('.'))

t.test('what keys mean together', async t => {
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
  for (const [value, expected] of cases) t.strictSame(paths(value), expected, JSON.stringify(value))
})

t.test('says the ways out', async t => {
  const [socks] = checkListener({ protocol: 'socks', listen: '0.0.0.0:1' })
  t.match(socks?.message, /auth .*clients .*open: true/)
  const [forward] = checkListener({ protocol: 'forward', target: 'h:1', listen: '0.0.0.0:1' })
  t.notMatch(forward?.message, /auth/)
})

t.test('findings of a part become those of the whole', async t => {
  const finding = { path: ['b'], what: 'key', message: 'm' } as const
  t.strictSame(under(['a', 0], [finding]), [{ ...finding, path: ['a', 0, 'b'] }])
})
