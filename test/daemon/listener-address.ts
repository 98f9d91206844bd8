import t from 'tap'
import { parseListenAddress } from '../../src/core/listen-address.ts'
import type { ListenAddress } from '../../src/core/listen-address.ts'
import { listenerKey, mayClash } from '../../src/daemon/listener-address.ts'

const address = (text: string): ListenAddress => {
  const [first] = parseListenAddress(text)
  if (!first) throw new Error(text)
  return first
}

t.test('what makes two listeners the same socket', async t => {
  const key = (text: string, name = 'a', mode = 0o600, group: string | null = null) =>
    listenerKey(address(text), { name, mode, group })
  t.equal(key('127.0.0.1:1080'), key('127.0.0.1:1080', 'b', 0o660), 'the address alone')
  t.not(key('127.0.0.1:1080'), key('127.0.0.1:1081'))
  t.not(key('127.0.0.1:0'), key('127.0.0.1:0', 'b'), 'each has a free port of its own')
  t.equal(key('unix:/a'), key('unix:/a', 'b'))
  t.not(key('unix:/a'), key('unix:/a', 'a', 0o660), 'of a UNIX socket, who may reach it')
  t.not(key('unix:/a'), key('unix:/a', 'a', 0o600, 'users'))
})

t.test('what stands in the way of what', async t => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['127.0.0.1:80', '127.0.0.1:80', true],
    ['127.0.0.1:80', '127.0.0.1:81', false],
    ['127.0.0.1:80', '127.0.0.2:80', false],
    ['127.0.0.1:80', '0.0.0.0:80', true],
    ['[::1]:80', '[::]:80', true],
    ['127.0.0.1:80', '[::]:80', false],
    ['0.0.0.0:80', '[::]:80', false],
    ['unix:/a', 'unix:/a', true],
    ['unix:/a', 'unix:/b', false],
    ['unix:/a', '127.0.0.1:80', false],
  ]
  for (const [a, b, clash] of cases) {
    t.equal(mayClash(address(a), address(b)), clash, `${a} ${b}`)
    t.equal(mayClash(address(b), address(a)), clash, `${b} ${a}`)
  }
})
