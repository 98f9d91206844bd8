import t from 'tap'
import { RUN, RUN_FLAGS } from '../../../src/cli/run/run-definition.ts'

t.test('the flags of keys that apply, and none of listeners or of the endpoint', async t => {
  const names = new Set(RUN_FLAGS.map(({ name }) => name))
  t.ok(names.has('dns') && names.has('connect-timeout') && names.has('log-level'))
  for (const name of ['listen', 'forward', 'clients', 'open', 'admin'])
    t.notOk(names.has(name), name)
  t.equal(RUN_FLAGS.find(({ name }) => name === 'drain-timeout')?.default, '2s')
})

t.test('the command line of another program follows --', async t => {
  t.match(RUN, { name: 'run', isCommandLine: true, positionals: [{ required: true }] })
})
