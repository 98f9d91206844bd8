import t from 'tap'
import { parseIp } from '../../../src/core/ip.ts'
import { isExempt, isGlobal } from '../../../src/resolver/nat64/exemptions.ts'

const of = (check: typeof isExempt, text: string): boolean => {
  const ip = parseIp(text)
  return ip !== undefined && check(ip)
}

t.test('what no translator leads to, by its first and last address', async t => {
  for (const text of [
    '0.0.0.0',
    '0.255.255.255',
    '127.0.0.0',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    '224.0.0.0',
    '239.255.255.255',
    '255.255.255.255',
  ]) {
    t.equal(of(isExempt, text), true, text)
    t.equal(of(isGlobal, text), false, text)
  }
})

t.test('what the well-known prefix does not stand for, and one of a network may', async t => {
  for (const text of [
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.170',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.255.255',
    '198.18.0.0',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.255',
    '240.0.0.0',
    '255.255.255.254',
  ]) {
    t.equal(of(isExempt, text), false, text)
    t.equal(of(isGlobal, text), false, text)
  }
})

t.test('their neighbours are ordinary addresses', async t => {
  for (const text of [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.0.3.0',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
  ]) {
    t.equal(of(isExempt, text), false, text)
    t.equal(of(isGlobal, text), true, text)
  }
})
