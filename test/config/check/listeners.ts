import t from 'tap'
import { checkListeners } from '../../../src/config/check/listeners.ts'

const paths = (...listeners: readonly object[]): readonly string[] =>
  checkListeners(listeners.map(listener => ({ protocol: 'socks', ...listener }))).map(({ path }) =>
    path.join('.'),
  )

t.test('no two listen at one address, whatever the text', async t => {
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

t.test('names are unique', async t => {
  t.strictSame(paths({ name: 'a', listen: '127.0.0.1:1' }, { name: 'a', listen: '127.0.0.1:2' }), [
    'listeners.1.name',
  ])
  t.strictSame(
    paths({ name: 'a b', listen: '127.0.0.1:1' }, { name: 'a b', listen: '127.0.0.1:2' }),
    [],
  )
})

t.test('each is checked by itself, and what is no list not at all', async t => {
  t.strictSame(paths({ listen: '127.0.0.1:1' }, { listen: '0.0.0.0:2' }), ['listeners.1.listen'])
  t.strictSame(checkListeners('x'), [])
})
