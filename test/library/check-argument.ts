import t from 'tap'
import {
  checkFunction,
  checkLimit,
  checkObject,
  checkOneOf,
  checkSignal,
  checkWhole,
} from '../../src/library/check-argument.ts'

const wrong = (run: () => unknown, name: 'TypeError' | 'RangeError', message: RegExp): void =>
  void t.throws(run, { name, code: 'ERR_INVALID_ARG', message })

void t.test('objects, which arrays and null are not', async t => {
  const found = { a: 1 }
  t.equal(checkObject(found, 'x'), found)
  for (const bad of [null, undefined, [], 'a', 5]) {
    wrong(() => checkObject(bad, 'x'), 'TypeError', /^x is .*: an object is allowed/)
  }
  wrong(() => checkObject(5, 'x', 'a thing'), 'TypeError', /: a thing is allowed/)
})

void t.test('one of a few', async t => {
  t.equal(checkOneOf('a', 'x', ['a', 'b']), 'a')
  t.equal(checkOneOf(6, 'x', [6, 4]), 6)
  wrong(() => checkOneOf('c', 'x', ['a', 'b']), 'RangeError', /^x is 'c': a or b is allowed/)
  wrong(() => checkOneOf('6', 'x', [6, 4]), 'TypeError', /^x is '6': 6 or 4 is allowed/)
  wrong(() => checkOneOf(5, 'x', [6, 4]), 'RangeError', /^x is 5/)
})

void t.test('whole numbers', async t => {
  t.equal(checkWhole(0, 'x', 0), 0)
  t.equal(checkWhole(1, 'x', 1), 1)
  for (const bad of [0, 1.5, NaN, Infinity, 2 ** 53]) {
    wrong(() => checkWhole(bad, 'x', 1), 'RangeError', /^x is .*: a whole number, 1 or more,/)
  }
  wrong(() => checkWhole('1', 'x', 1), 'TypeError', /^x is '1'/)
})

void t.test('time limits', async t => {
  for (const good of [0, 0.5, 2_147_483_647, null]) t.equal(checkLimit(good, 'x'), good)
  for (const bad of [-1, NaN, Infinity, 2_147_483_648]) {
    wrong(() => checkLimit(bad, 'x'), 'RangeError', /^x is .*: a number of milliseconds from 0/)
  }
  wrong(() => checkLimit('1s', 'x'), 'TypeError', /^x is '1s'.*or null for no limit/)
  wrong(() => checkLimit(undefined, 'x'), 'TypeError', /^x is undefined/)
})

void t.test('functions and signals, or nothing', async t => {
  checkFunction(undefined, 'x')
  checkFunction(() => {}, 'x')
  wrong(() => checkFunction(null, 'x'), 'TypeError', /^x is null: a function is allowed/)
  const { signal } = new AbortController()
  t.equal(checkSignal(signal, 'x'), signal)
  t.equal(checkSignal(undefined, 'x'), undefined)
  const foreign = { aborted: false, addEventListener: () => {} }
  t.equal(checkSignal(foreign, 'x'), foreign, 'of another realm')
  for (const bad of [null, 'a', {}, { aborted: false }]) {
    wrong(() => checkSignal(bad, 'x'), 'TypeError', /^x is .*: an AbortSignal is allowed/)
  }
})
