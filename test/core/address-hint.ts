import t from 'tap'
import { hint, nearAddress, nearListenAddress } from '../../src/core/address-hint.ts'

void t.test('what a text most likely means', async t => {
  for (const [text, near] of [
    ['::1', '[::1]:80'],
    ['[::1]', '[::1]:80'],
    ['2001:db8::1', '[2001:db8::1]:80'],
    ['::1:443', '[::1]:443'],
    ['2001:db8::2:443', '[2001:db8::2]:443'],
    ['192.0.2.1', '192.0.2.1:80'],
    ['localhost', 'localhost:80'],
    ['tcp://192.0.2.1:443', '192.0.2.1:443'],
    ['socks5h://[::1]:1080/', '[::1]:1080'],
    ['https://h', undefined],
    ['http://u:p@h:80', undefined],
    ['h', undefined],
    ['h:http', undefined],
    ['', undefined],
    ['/run/x', undefined],
  ] as const) {
    t.equal(nearAddress(text, '80'), near, text)
  }
})

void t.test('a path is one of a UNIX socket', async t => {
  t.equal(nearListenAddress('/run/x', '80'), 'unix:/run/x')
  t.equal(nearListenAddress('unix:///run/x', '80'), 'unix:/run/x')
  t.equal(nearListenAddress('file:///run/x', '80'), 'unix:/run/x')
  t.equal(nearListenAddress('::1', '80'), '[::1]:80')
  t.equal(nearListenAddress('run/x', '80'), undefined)
})

void t.test('the tail of a message', async t => {
  t.equal(hint('x'), '; did you mean x?')
  t.equal(hint(undefined), '')
})
