import t from 'tap'
import { listenerLabel, nameListeners } from '../../src/config/listener-names.ts'

t.test('names come from protocol and port; given ones come first', async t => {
  const names = nameListeners([
    { protocol: 'socks', listen: '127.0.0.1:1080' },
    { protocol: 'socks', listen: ['[::1]:1080', '127.0.0.2:5'] },
    { protocol: 'socks', listen: 'unix:/run/eyeballd.sock' },
    { protocol: 'forward', listen: '127.0.0.1:0' },
    { name: 'socks-1080-2', protocol: 'forward', listen: '127.0.0.1:9' },
    { protocol: 'socks', listen: 'localhost:1080' },
  ])
  t.strictSame(names, [
    'socks-1080',
    'socks-1080-3',
    'socks-eyeballd.sock',
    'forward-0',
    'socks-1080-2',
    'socks-1080-4',
  ])
})

t.test('a message calls a listener by its name, or by its place', async t => {
  t.equal(listenerLabel({ name: 'a' }, 3), 'the listener "a"')
  t.equal(listenerLabel({}, 3), 'listeners[3]')
  t.equal(listenerLabel(undefined, 3), 'listeners[3]')
})
