import { constants as files } from 'node:fs'
import { constants as system } from 'node:os'
import { getSystemErrorName } from 'node:util'
import t from 'tap'
import { AF, ERRNO, O, SOCK, SOL_SOCKET, SO } from '../../src/libc/constants.ts'
import { nativeTest } from '../fixtures/native-test.ts'

nativeTest('the numbers equal those of Node', t => {
  for (const [name, number] of Object.entries(ERRNO)) {
    // Each of them leaves some out.
    const known = system.errno[name as keyof typeof system.errno] as number | undefined
    if (known === undefined) t.equal(getSystemErrorName(-number), name)
    else t.equal(number, known, name)
  }
  t.equal(O.NONBLOCK, files.O_NONBLOCK)
  t.equal(SOCK.NONBLOCK, files.O_NONBLOCK)
  t.equal(SOCK.CLOEXEC, O.CLOEXEC)
})

nativeTest('the system accepts the options by their numbers', (t, libc) => {
  for (const domain of [AF.INET, AF.UNIX]) {
    const fd = libc.socket(domain, SOCK.STREAM, 0)
    const value = new Int32Array(1)
    for (const name of ['REUSEADDR', 'KEEPALIVE', 'ERROR', 'REUSEPORT'] as const) {
      t.equal(libc.getsockopt(fd, SOL_SOCKET, SO[name], value), 0, name)
      t.equal(value[0], 0)
    }
    libc.close(fd)
  }
})

void t.test('no two constants of a kind are equal', t => {
  for (const numbers of [ERRNO, AF, SO]) {
    t.equal(new Set(Object.values(numbers)).size, Object.keys(numbers).length)
  }
  t.end()
})
