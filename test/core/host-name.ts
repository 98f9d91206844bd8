import t from 'tap'
import {
  hostNameFault,
  LABEL_MAX_CHARACTERS,
  NAME_MAX_CHARACTERS,
} from '../../src/core/host-name.ts'

const labels = (count: number): string => Array.from({ length: count }, () => 'a').join('.')

t.test('host names', async t => {
  for (const name of [
    'localhost',
    'Example.COM',
    '_srv.my_host',
    '-edge-.example',
    '1.2.3.4.in-addr.arpa',
    'x'.repeat(LABEL_MAX_CHARACTERS),
    labels(127),
  ]) {
    t.equal(hostNameFault(name), undefined, name)
  }
})

t.test('what is none, and why', async t => {
  t.equal(labels(127).length, NAME_MAX_CHARACTERS)
  for (const [name, fault] of [
    ['', 'empty'],
    [`${labels(127)}a`, 'length'],
    ['a b', 'character'],
    ['a\\.b', 'character'],
    ['b\u00FCcher.example', 'character'],
    ['a..b', 'empty label'],
    ['.a', 'empty label'],
    ['a.', 'empty label'],
    [`${'x'.repeat(LABEL_MAX_CHARACTERS + 1)}.com`, 'label length'],
    ['127.1', 'number'],
    ['2130706433', 'number'],
    ['0x7f.0X', 'number'],
    ['a.5', 'number'],
  ] as const) {
    t.equal(hostNameFault(name), fault, name)
  }
})
